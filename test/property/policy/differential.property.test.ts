import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadPolicy } from '@open-policy-agent/opa-wasm'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { isArray, isObject, type JsonObject, type JsonValue } from '../../../pdp/core/json.ts'
import { timeParseRfc3339Ns } from '../../../pdp/policy/builtins/time-parse-rfc3339.ts'
import { loadBundle } from '../../../pdp/policy/load-bundle.ts'
import { packBundle } from '../../../pdp/policy/pack-bundle.ts'
import { readValue } from '../../../pdp/policy/read-value.ts'
import { isArrayValue, isSetValue } from '../../../pdp/policy/value.ts'
import { valueToJson } from '../../../pdp/policy/value-to-json.ts'
import { compileTestPolicy } from '../../unit/policy/test-policy.ts'

// The same module under OPA's own host for Node. It reports sets as lists in any order, so lists are compared as sets.

const root = fileURLToPath(new URL('../../../policies/', import.meta.url))

type Evaluate = (input: JsonObject) => JsonValue

async function ourHost(wasm: Uint8Array, data: JsonObject, entrypoint: string): Promise<Evaluate> {
  const manifest = { revision: 'r', wasm: [{ entrypoint, module: '/policy.wasm' }] }
  const loaded = await loadBundle(packBundle({ wasm, data, manifest }))
  if (!loaded.ok) throw new Error(loaded.detail)
  return (input) => {
    const dumped = loaded.value.evaluator.evaluate(0, JSON.stringify(input))
    const value = dumped.ok ? readValue(dumped.value) : undefined
    const rows = isSetValue(value) ? value.items : isArrayValue(value) ? value : undefined
    return rows === undefined ? 'aborted' : (valueToJson(rows) ?? 'no JSON')
  }
}

async function otherHost(wasm: Uint8Array, data: JsonObject): Promise<Evaluate> {
  const policy = await loadPolicy(new Uint8Array(wasm).buffer, 100, {
    [timeParseRfc3339Ns.name]: (text: string) => Number(timeParseRfc3339Ns.call(text)),
  })
  policy.setData(data)
  return (input) => {
    const rows: JsonValue = policy.evaluate(input)
    return rows
  }
}

interface Example {
  readonly wasm: Uint8Array
  readonly data: JsonObject
  readonly inputs: readonly JsonObject[]
}

async function readExample(name: string, entrypoint: string): Promise<Example> {
  const folder = join(root, name)
  const names = await readdir(folder)
  const sources = names.filter((file) => file.endsWith('.rego') && !file.endsWith('_test.rego'))
  const rego = Object.fromEntries(
    await Promise.all(sources.map(async (file) => [file, await readFile(join(folder, file), 'utf8')] as const)),
  )
  const data: JsonObject = JSON.parse(await readFile(join(folder, 'data.json'), 'utf8'))
  const { wasm } = await compileTestPolicy({ rego, entrypoints: [entrypoint] })
  const examples = await readdir(join(folder, 'examples'))
  const inputs = await Promise.all(
    examples.map(async (file) => {
      const { input }: { readonly input: JsonObject } = JSON.parse(
        await readFile(join(folder, 'examples', file), 'utf8'),
      )
      return input
    }),
  )
  return { wasm, data, inputs }
}

/** Inputs near the examples: parts of one put into another, members dropped, leaves replaced. */
function inputsNear(examples: readonly JsonObject[]): fc.Arbitrary<JsonObject> {
  const example = fc.constantFrom(...examples)
  const step = fc.record({ donor: example, path: fc.array(fc.nat(), { maxLength: 5 }), drop: fc.nat(4) })
  return fc.tuple(example, fc.array(step, { maxLength: 4 })).map(([input, steps]) =>
    steps.reduce<JsonObject>((into, { donor, path, drop }) => {
      const changed = graft(into, donor, path, drop === 0)
      return isObject(changed) ? changed : into
    }, input),
  )
}

function graft(into: JsonValue, donor: JsonValue | undefined, path: readonly number[], drop: boolean): JsonValue {
  const [step, ...rest] = path
  if (step === undefined || !isObject(into)) return donor ?? into
  const names = Object.keys(into)
  const name = names[step % Math.max(1, names.length)]
  if (name === undefined) return into
  const { [name]: child, ...others } = into
  if (drop && rest.length === 0) return others
  const given = isObject(donor) ? donor[name] : undefined
  return { ...others, [name]: graft(child ?? null, given, rest, drop) }
}

function normal(value: JsonValue): JsonValue {
  if (isArray(value)) return value.map(normal).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  if (!isObject(value)) return value
  return Object.keys(value)
    .sort()
    .map((name) => [name, normal(value[name] ?? null)])
}

const same = (a: JsonValue, b: JsonValue): boolean => JSON.stringify(normal(a)) === JSON.stringify(normal(b))

describe.for([
  ['orders', 'orders/decision'],
  ['agent-tools', 'agent_tools/decision'],
] as const)('%s', ([name, entrypoint]) => {
  let example: Example
  beforeAll(async () => {
    example = await readExample(name, entrypoint)
  }, 60_000)

  function differences(ours: Evaluate, theirs: Evaluate, numRuns: number) {
    const seen = { differences: 0, allows: 0, denies: 0 }
    fc.assert(
      fc.property(inputsNear(example.inputs), (input) => {
        const answer = ours(input)
        if (!same(answer, theirs(input))) seen.differences++
        const text = JSON.stringify(answer)
        if (text.includes('"allow":true')) seen.allows++
        if (text.includes('"allow":false')) seen.denies++
      }),
      { numRuns, seed: 7 },
    )
    return seen
  }

  test('answers as under the other host, over allows and denies', async () => {
    const { wasm, data } = example
    const seen = differences(await ourHost(wasm, data, entrypoint), await otherHost(wasm, data), 5_000)
    expect(seen.differences).toBe(0)
    expect(seen.allows).toBeGreaterThan(200)
    expect(seen.denies).toBeGreaterThan(200)
  })

  test('and the comparison sees that the other lacks the data', async () => {
    const { wasm, data } = example
    const seen = differences(await ourHost(wasm, data, entrypoint), await otherHost(wasm, {}), 500)
    expect(seen.differences).toBeGreaterThan(10)
  })
})
