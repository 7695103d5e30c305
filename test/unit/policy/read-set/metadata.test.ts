import { describe, expect, test } from 'vitest'
import { sha256 } from '../../../../pdp/core/digest.ts'
import type { JsonObject, JsonValue } from '../../../../pdp/core/json.ts'
import type { ReadSet } from '../../../../pdp/core/read-tree.ts'
import { allReads, inputReadsOf } from '../../../../pdp/policy/read-set/input-reads.ts'
import { readReadSets, writeReadSets } from '../../../../pdp/policy/read-set/metadata.ts'

const module = sha256('a module')
const readSet: ReadSet = {
  input: { members: { a: { value: true, each: 'whole' }, b: { value: 'boolean' }, c: {} } },
  data: { members: { d: { each: { members: { e: 'whole' } } } } },
  builtins: ['count', 'gt'],
}

/** The metadata as the manifest holds it, with one part replaced. */
function metadata(change: (readSets: Record<string, JsonValue>) => void = () => undefined): JsonObject {
  const json = JSON.parse(JSON.stringify(writeReadSets({ 't/decision': readSet }, module)))
  change(json.sallyport.read_sets)
  return json
}

test('are read as they were written, for the module that they belong to', () => {
  expect(readReadSets(metadata(), module)).toEqual(new Map([['t/decision', readSet]]))
})

describe('are left out', () => {
  test.for<readonly [string, JsonObject]>([
    ['where there is no metadata', {}],
    ['under another name', { other: metadata()['sallyport'] ?? null }],
    ['where ours is no object', { sallyport: [] }],
    ['of another version', metadata((sets) => (sets['v'] = 2))],
    ['of another module', metadata((sets) => (sets['module'] = `sha256:${sha256('another')}`))],
    ['of no module', metadata((sets) => delete sets['module'])],
    ['that are a list', metadata((sets) => (sets['entrypoints'] = []))],
  ])('%s', ([, json]) => {
    expect(readReadSets(json, module)).toEqual(new Map())
  })

  const parts = { input: 'whole', data: 'whole', builtins: [] }
  test.for<readonly [string, JsonValue]>([
    ['of null', null],
    ['without an input', { data: 'whole', builtins: [] }],
    ['without data', { input: 'whole', builtins: [] }],
    ['without builtins', { input: 'whole', data: 'whole' }],
    ['with a builtin that is no name', { ...parts, builtins: ['a', 1] }],
    ['with another word', { ...parts, input: 'all' }],
    ['with a part that is not known', { ...parts, input: { but: {} } }],
    ['with a value that is not true', { ...parts, input: { value: false } }],
    ['with members that are a list', { ...parts, input: { members: [] } }],
    ['with a member that is no tree', { ...parts, input: { members: { a: 1 } } }],
    [
      'with a part deep below that is not known',
      { ...parts, input: { each: { each: { members: { a: { x: {} } } } } } },
    ],
  ])('one %s, and the others stay', ([, broken]) => {
    const sets = metadata((readSets) => {
      readSets['entrypoints'] = { 't/broken': broken, 't/decision': parts }
    })
    expect([...readReadSets(sets, module).keys()]).toEqual(['t/decision'])
  })
})

test('a member that every object inherits makes its object be read whole', () => {
  const sets = metadata((readSets) => {
    readSets['entrypoints'] = {
      t: { data: {}, builtins: [], input: { members: { a: { members: { toString: {} } } } } },
    }
  })
  expect(readReadSets(sets, module).get('t')?.input).toEqual({ members: { a: 'whole' } })
})

describe('what an evaluation sees', () => {
  const reads = (input: ReadSet['input'], builtins: readonly string[] = []) =>
    inputReadsOf({ input, data: 'whole', builtins })

  test('without the time and without a varying builtin its answer is pure', () => {
    expect(reads({ members: { a: 'whole' } }, ['count', 'time.parse_rfc3339_ns'])).toEqual({
      tree: { members: { a: 'whole' } },
      time: false,
      pure: true,
    })
  })

  test.for(['time.now_ns', 'io.jwt.decode_verify', 'uuid.rfc4122', 'crypto.x509.parse_and_verify_certificates'])(
    '%s makes it vary',
    (builtin) => {
      expect(reads({ members: { a: 'whole' } }, ['count', builtin]).pure).toBe(false)
    },
  )

  test.for<readonly [string, ReadSet['input']]>([
    ['all of it', 'whole'],
    ['every member', { each: {} }],
    ['the time', { members: { a: 'whole', time: {} } }],
  ])('%s holds the time', ([, input]) => {
    expect(reads(input)).toMatchObject({ time: true, pure: false })
  })

  test('the time is not part of the tree', () => {
    expect(reads({ members: { a: 'whole', time: 'whole' } }).tree).toEqual({ members: { a: 'whole' } })
    expect(allReads).toEqual(reads('whole'))
  })
})
