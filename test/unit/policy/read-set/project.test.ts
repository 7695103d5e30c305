import { expect, test } from 'vitest'
import type { JsonValue } from '../../../../pdp/core/json.ts'
import type { ReadTree } from '../../../../pdp/core/read-tree.ts'
import { project } from '../../../../pdp/policy/read-set/project.ts'

const cases: readonly (readonly [string, ReadTree, JsonValue, JsonValue])[] = [
  ['everything', 'whole', { a: [1] }, { a: [1] }],
  ['existence alone', {}, 'secret', 0],
  ['existence of an object', {}, { a: 1 }, {}],
  ['existence of a list', {}, [1, 2], []],
  ['existence of null', {}, null, 0],
  ['the value of a scalar', { value: true }, 'x', 'x'],
  ['the value false', { value: true }, false, false],
  ['the value of an object', { value: true }, { a: 1 }, {}],
  ['a boolean', { value: 'boolean' }, false, false],
  ['a boolean that is a text', { value: 'boolean' }, 'false', 0],
  ['a boolean that is null', { value: 'boolean' }, null, 0],
  ['a member of a scalar', { members: { a: 'whole' } }, 'x', 0],
  ['members in the order of the tree', { members: { a: 'whole', b: {} } }, { c: 1, b: 2, a: 3 }, { a: 3, b: 0 }],
  ['members that are absent', { members: { a: 'whole', b: 'whole' } }, { b: null }, { b: null }],
  ['every member', { each: {} }, { a: 1, b: { c: 1 } }, { a: 0, b: {} }],
  ['every member, one of them more', { members: { b: 'whole' }, each: {} }, { a: 1, b: 2 }, { a: 0, b: 2 }],
  ['a member that objects inherit', { members: { b: 'whole' }, each: {} }, { constructor: 1 }, { constructor: 0 }],
  ['every item', { each: { members: { a: 'whole' } } }, [{ a: 1, b: 2 }, 3], [{ a: 1 }, 0]],
  ['every item, one of them more', { members: { 1: 'whole' }, each: {} }, ['a', 'b', 'c'], [0, 'b', 0]],
  ['items up to the last that is read', { members: { 0: {}, 2: 'whole' } }, ['a', 'b', 'c', 'd'], [0, 0, 'c']],
  ['items of a shorter list', { members: { 0: 'whole', 2: 'whole' } }, ['a', 'b'], ['a']],
  ['names of a list', { members: { length: 'whole', '01': 'whole', '-1': 'whole', a: 'whole' } }, ['a', 'b'], []],
  ['an index of an object', { members: { 0: 'whole' } }, { 0: 'zero', 1: 'one' }, { 0: 'zero' }],
  ['nothing of an object', { members: {} }, { a: 1 }, {}],
]

test.for(cases)('projects %s', ([, tree, value, projection]) => {
  expect(JSON.stringify(project(tree, value))).toBe(JSON.stringify(projection))
})

test('a projection of a projection is the same', () => {
  for (const [, tree, value] of cases) expect(project(tree, project(tree, value))).toEqual(project(tree, value))
})

test('an object with a member `__proto__` is kept whole where all members are read', () => {
  const odd: JsonValue = JSON.parse('{"__proto__": {"a": 1}, "b": 2}')
  expect(JSON.stringify(project({ each: {} }, odd))).toBe('{"__proto__":{"a":1},"b":2}')
  expect(JSON.stringify(project({ members: { b: {} } }, odd))).toBe('{"b":0}')
})

test('the document is not altered', () => {
  const document = Object.freeze({ a: Object.freeze([Object.freeze({ b: 1, c: 2 })]) })
  expect(project({ members: { a: { each: { members: { b: {} } } } } }, document)).toEqual({ a: [{ b: 0 }] })
})
