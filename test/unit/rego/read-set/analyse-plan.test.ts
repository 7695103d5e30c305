import { describe, expect, test } from 'vitest'
import type { ReadSet } from '../../../../pdp/core/read-tree.ts'
import { analysePlan } from '../../../../pdp/rego/read-set/analyse-plan.ts'

// Plans by hand, for what OPA's planner does not write today. What it writes is compared in the contract tests.

type Json = Readonly<Record<string, unknown>>
const local = (value: number): Json => ({ type: 'local', value })
const text = (value: number): Json => ({ type: 'string_index', value })
const statement = (type: string, stmt: Json): Json => ({ type, stmt })
const dot = (source: number, key: Json, target: number) => statement('DotStmt', { source: local(source), key, target })
const use = (value: number) => statement('ResultSetAddStmt', { value })

const strings = ['a', 'b', 'c', 'g0', 'r'].map((value) => ({ value }))
const plan = (stmts: readonly Json[], funcs: readonly Json[] = []): Json => ({
  static: { strings },
  plans: { plans: [{ name: 't/decision', blocks: [{ stmts }] }] },
  funcs: { funcs },
})
const readSet = (stmts: readonly Json[], funcs?: readonly Json[]): ReadSet | undefined =>
  analysePlan(plan(stmts, funcs))['t/decision']
const inputOf = (stmts: readonly Json[], funcs?: readonly Json[]) => readSet(stmts, funcs)?.input

test('a plan that is read', () => {
  expect(inputOf([dot(0, text(0), 2), use(2)])).toEqual({ members: { a: 'whole' } })
})

describe('a plan that is not understood has no read set', () => {
  test.for<readonly [string, unknown]>([
    ['null', null],
    ['without strings', { plans: { plans: [] } }],
    ['with a function without a name', plan([], [{ params: [], blocks: [] }])],
    ['with blocks that are none', { ...plan([]), plans: { plans: [{ name: 't/decision', blocks: [1] }] } }],
  ])('%s', ([, json]) => {
    expect(analysePlan(json)).toEqual({})
  })

  test.for<readonly [string, Json]>([
    ['of another type', statement('JumpStmt', { source: local(0) })],
    ['without a field', statement('DotStmt', { source: local(0), target: 2 })],
    [
      'with an operand of another type',
      statement('DotStmt', { source: { type: 'number', value: 1 }, key: text(0), target: 2 }),
    ],
    ['with a text that is not in the table', dot(0, text(99), 2)],
    ['with a block that is none', statement('NotStmt', { block: { stmts: [1] } })],
    ['named like what objects inherit', statement('toString', {})],
  ])('for a statement %s', ([, odd]) => {
    expect(readSet([odd])).toBeUndefined()
    expect(readSet([statement('BlockStmt', { blocks: [{ stmts: [odd] }] })])).toBeUndefined()
  })

  test('for a call with arguments that are too few, and not for a function that nobody calls', () => {
    const odd = [{ name: 'f', params: [0, 1], return: 2, blocks: [{ stmts: [statement('JumpStmt', {})] }] }]
    expect(readSet([use(0)], odd)).toMatchObject({ input: 'whole' })
    expect(readSet([statement('CallStmt', { func: 'f', args: [local(0)], result: 3 })], odd)).toBeUndefined()
    expect(readSet([statement('CallStmt', { func: 'f', args: [local(0), local(1)], result: 3 })], odd)).toBeUndefined()
  })
})

test('a path that grows with every turn of a loop ends in reading all below it', () => {
  const step = [dot(2, text(0), 3), statement('AssignVarStmt', { source: local(3), target: 2 })]
  const loop = statement('ScanStmt', { source: 1, key: 4, value: 5, block: { stmts: step } })
  let tree = inputOf([statement('AssignVarStmt', { source: local(0), target: 2 }), loop])
  let depth = 0
  for (; typeof tree === 'object'; depth++) tree = tree.members?.['a']
  expect([depth, tree]).toEqual([24, 'whole'])
})

test('a function that calls itself ends', () => {
  const blocks = [
    { stmts: [dot(0, text(0), 3), statement('CallStmt', { func: 'f', args: [local(3)], result: 4 })] },
    { stmts: [dot(0, text(1), 5), statement('ReturnLocalStmt', { source: 5 })] },
  ]
  const tree = inputOf(
    [statement('CallStmt', { func: 'f', args: [local(0)], result: 2 }), use(2)],
    [{ name: 'f', params: [0], return: 2, blocks }],
  )
  expect(tree).toMatchObject({ members: { a: { members: { a: {} } }, b: 'whole' } })
})

describe('a list of names', () => {
  const get = (list: number) =>
    statement('CallStmt', { func: 'object.get', args: [local(0), local(list), text(2)], result: 9 })
  const make = statement('MakeArrayStmt', { capacity: 2, target: 3 })
  const append = (value: Json) => statement('ArrayAppendStmt', { array: 3, value })

  test('is a path', () => {
    expect(inputOf([make, append(text(0)), append(text(1)), get(3), use(9)])).toEqual({
      members: { a: { members: { b: 'whole' } } },
    })
  })

  test.for<readonly [string, readonly Json[]]>([
    [
      'that a block within may append to',
      [make, append(text(0)), statement('BlockStmt', { blocks: [{ stmts: [append(text(1))] }] }), get(3)],
    ],
    [
      'that is appended to after it was used',
      [make, get(3), statement('BlockStmt', { blocks: [{ stmts: [append(text(1))] }] })],
    ],
    ['that holds what is not known', [make, append(local(0)), get(3)]],
    [
      'that may be another',
      [
        make,
        append(text(0)),
        statement('AssignVarStmt', { source: local(3), target: 4 }),
        statement('BlockStmt', { blocks: [{ stmts: [statement('MakeArrayStmt', { target: 4 })] }] }),
        get(4),
      ],
    ],
  ])('%s is none', ([, stmts]) => {
    expect(inputOf(stmts)).toBe('whole')
  })
})

test('a dynamic call reaches every function that its known parts match, and no other', () => {
  const named = (name: string, key: number, ...path: readonly string[]): Json => ({
    name,
    path,
    params: [0, 1],
    return: 2,
    blocks: [{ stmts: [dot(0, text(key), 2), statement('ReturnLocalStmt', { source: 2 })] }],
  })
  const call = statement('CallDynamicStmt', {
    path: [text(3), local(5), text(4)],
    args: [0, 1],
    result: 6,
  })
  const functions = [named('f', 0, 'g0', 'x', 'r'), named('g', 1, 'g1', 'x', 'r'), named('h', 2, 'g0', 'x', 'y')]
  expect(inputOf([dot(1, text(0), 5), call, use(6)], functions)).toEqual({ members: { a: 'whole' } })
})
