import { beforeAll, describe, expect, test } from 'vitest'
import { createMemoryStore } from '../../../pdp/cache/memory-store.ts'
import { sha256 } from '../../../pdp/core/digest.ts'
import type { JsonObject } from '../../../pdp/core/json.ts'
import { cached } from '../../../pdp/policy/cached.ts'
import { loadBundle, type LoadedBundle } from '../../../pdp/policy/load-bundle.ts'
import { packBundle } from '../../../pdp/policy/pack-bundle.ts'
import { writeReadSets } from '../../../pdp/policy/read-set/metadata.ts'
import { inputClauses } from '../../../pdp/policy/write-input.ts'
import { analysePlan } from '../../../pdp/rego/read-set/analyse-plan.ts'
import { type Compiled } from '../../../pdp/rego/compile.ts'
import { createRegoToolchain } from '../../../pdp/rego/toolchain.ts'
import { exampleBundle } from '../../support/bundles.ts'
import { createTestClock, frameAt } from '../../support/clock.ts'
import { inputWith, policyOf } from '../../unit/policy/test-policy.ts'
import { valueOf } from '../rego/policies.ts'

const rego = `package t

pure := {"allow": object.get(input.context, "user", "") == "a"}
timed := {"allow": input.context.user == "a", "reasons": [{"code": "now", "message": json.marshal(input.time.now_ns)}]}
random := {"allow": rand.intn("x", 2) >= 0}
whole := {"allow": count(input) > 0}
listed := {"allow": input.context.user in data.lists[input.context.list].users}
`
const entrypoints = ['t/pure', 't/timed', 't/random', 't/whole', 't/listed']

let compiled: Compiled
beforeAll(async () => {
  const toolchain = createRegoToolchain()
  compiled = valueOf(await toolchain.compile({ modules: { 'p.rego': rego }, entrypoints, revision: 'r', plan: true }))
  await toolchain.close()
}, 60_000)

const soundMetadata = () => writeReadSets(analysePlan(compiled.plan), sha256(compiled.wasm))

async function bundleWith(metadata: Readonly<Record<string, unknown>>, data: JsonObject = {}): Promise<LoadedBundle> {
  const manifest = { ...compiled.manifest, metadata }
  const loaded = await loadBundle(packBundle({ wasm: compiled.wasm, manifest, data }))
  if (!loaded.ok) throw new Error(loaded.detail)
  return loaded.value
}

/** How often an entrypoint is evaluated for these contexts, one after the other, through a cache. */
async function evaluations(bundle: LoadedBundle, entrypoint: string, contexts: readonly JsonObject[]) {
  const clock = createTestClock()
  const policy = cached(
    policyOf(bundle, entrypoint),
    createMemoryStore({ clock, maximumEntries: 10, maximumBytes: 10_000 }),
  )
  let misses = 0
  for (const context of contexts) {
    const answer = await policy.evaluate(inputWith(context), frameAt(clock()))
    if (!answer.ok) throw new Error(answer.detail)
    if (answer.value.cache === 'miss') misses++
  }
  return misses
}

const contexts = [
  { user: 'a', other: 1 },
  { user: 'a', other: 2 },
  { other: 3, user: 'a' },
]

describe('answers without a ttl are reused', () => {
  test('where all that they depend on is in the key', async () => {
    const bundle = await bundleWith(soundMetadata())
    expect(await evaluations(bundle, 't/pure', contexts)).toBe(1)
    expect(await evaluations(bundle, 't/pure', [...contexts, { user: 'b' }, {}])).toBe(3)
  })

  test.for(['t/timed', 't/random', 't/whole'])('but not of %s', async (entrypoint) => {
    expect(await evaluations(await bundleWith(soundMetadata()), entrypoint, contexts)).toBe(3)
  })

  const foreign = () => writeReadSets(analysePlan(compiled.plan), sha256('another module'))
  test.for<readonly [string, () => Readonly<Record<string, unknown>>]>([
    ['is absent', () => ({})],
    ['belongs to another module', foreign],
    ['has another form', () => ({ sallyport: { read_sets: 1 } })],
  ])('and not where the read set %s', async ([, metadata]) => {
    expect(await evaluations(await bundleWith(metadata()), 't/pure', contexts)).toBe(3)
  })
})

test('keys hold what is read of the data, and all of it where that is not known', async () => {
  const data = { lists: { l: { users: ['a'], owner: 'o' } }, more: 1 }
  const unread = { lists: { l: { users: ['a'], owner: 'x' } }, other: 2 }
  const read = { lists: { l: { users: ['b'], owner: 'o' } }, more: 1 }
  const keyed = async (documents: JsonObject, metadata = soundMetadata()) =>
    policyOf(await bundleWith(metadata, documents), 't/listed').scope['data']
  expect(await keyed(unread)).toBe(await keyed(data))
  expect(await keyed(read)).not.toBe(await keyed(data))
  expect(await keyed(unread, {})).not.toBe(await keyed(data, {}))
})

test('an evaluation sees the time to the last digit where it reads it', async () => {
  const policy = policyOf(await bundleWith(soundMetadata()), 't/timed')
  expect(await policy.evaluate(inputWith({ user: 'a' }), frameAt())).toMatchObject({
    value: { allow: true, reasons: [{ message: '1772458200000000001' }] },
  })
})

test('what is not read is neither too long nor ill-formed', async () => {
  const policy = policyOf(await bundleWith(soundMetadata()), 't/pure')
  const odd = { user: 'a', long: 'x'.repeat(300_000), lone: '\ud800' }
  expect(await policy.evaluate(inputWith(odd), frameAt())).toMatchObject({ value: { allow: true } })
  expect(await policy.evaluate(inputWith({ user: '\ud800' }), frameAt())).toMatchObject({
    code: 'INPUT_LIMIT',
    clause: inputClauses.wellFormed,
  })
})

test.for([
  ['orders', 'orders/decision'],
  ['agent-tools', 'agent_tools/decision'],
] as const)('the built bundle %s carries the read set of its entrypoint', async ([name, entrypoint]) => {
  const loaded = await loadBundle(await exampleBundle(name))
  if (!loaded.ok) throw new Error(loaded.detail)
  expect([...loaded.value.readSets.keys()]).toEqual([entrypoint])
  const reads = loaded.value.readSets.get(entrypoint)
  expect(reads?.input).not.toBe('whole')
  const { text } = valueOfInput(policyOf(loaded.value, entrypoint).write(inputWith({ unread: 'x' })))
  expect(text).not.toContain('unread')
})

function valueOfInput(written: ReturnType<ReturnType<typeof policyOf>['write']>) {
  if (!written.ok) throw new Error(written.detail)
  return written.value
}
