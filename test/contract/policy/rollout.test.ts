import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Pdp } from '../../../pdp/compose/pdp.ts'
import { rolloutClauses } from '../../../pdp/compose/update-bundle.ts'
import { instant } from '../../../pdp/core/time.ts'
import { readinessOf } from '../../../pdp/process/readiness.ts'
import { createMetrics } from '../../../pdp/telemetry/metrics.ts'
import { eventually } from '../../support/eventually.ts'
import { json, manifest, signedArchive } from '../../unit/policy/signed-files.ts'
import { compileTestPolicy } from '../../unit/policy/test-policy.ts'
import { signers } from './bad-bundles.ts'
import { askAbout, type BundlePlace, createBundlePlace } from './bundle-harness.ts'

const [key] = signers
const { wasm } = await compileTestPolicy({ rego: 'package t\n\ndecision := data.t.answer == input.context.answer\n' })
/** Allows that answer and no other; without one it answers nothing at all. */
const bundle = (sequence: number, answer?: number, claims: object = {}) =>
  signedArchive(
    {
      '.manifest': json({ ...manifest, revision: `r${sequence}` }),
      'data.json': json({ t: answer === undefined ? {} : { answer } }),
      'policy.wasm': wasm,
    },
    key,
    { claims: { sequence, ...claims } },
  )

let place: BundlePlace
const running: Pdp[] = []
beforeEach(async () => {
  place = await createBundlePlace()
  await writeFile(place.file, bundle(1, 42))
})
afterEach(async () => {
  for (const pdp of running.splice(0)) await pdp.close()
  await place.remove()
})

const configOf = (rollout?: object) =>
  place.config((one) => {
    one['threshold'] = 1
    delete one['audience']
    if (rollout) one['rollout'] = { cpu: 1, ...rollout }
  })
async function start(rollout: object, events: Parameters<BundlePlace['start']>[0] = {}): Promise<Pdp> {
  const pdp = await place.start({ ...events, config: configOf(rollout) })
  running.push(pdp)
  return pdp
}
const held = (pdp: Pdp) => pdp.status().bundles[0]
const soon = { asks: 5, after_s: 0 }
/** Asks again and again, until what is expected is so. */
const asking = async (pdp: Pdp, expected: () => void, answer = 42) => {
  const answers: (readonly [string, string | undefined])[] = []
  await eventually(async () => {
    answers.push(await askAbout(pdp, answer))
    expected()
  })
  return answers
}
const acts = async () => (await place.records('bundle')).map(({ act }) => act)

describe('a shadow', () => {
  test('decides nothing; its differences are recorded with the decisions, and told', async () => {
    const pdp = await start({ mode: 'shadow' })
    expect(await pdp.updateBundle('t', bundle(2, 43))).toEqual({ outcome: 'candidate' })
    const answers = await asking(pdp, () => expect(held(pdp)?.candidate?.differences).toBeGreaterThan(2))
    expect(answers.every(([code, revision]) => code === 'ALLOWED' && revision === 'r1')).toBe(true)
    expect(held(pdp)).toMatchObject({ sequence: 1, candidate: { mode: 'shadow', revision: 'r2', outcome: 'watching' } })
    const [, check] = readinessOf(pdp.status(), { draining: false, demo: false }).checks
    expect(check).toMatchObject({ ok: true, detail: expect.stringContaining('shadow of revision r2: of ') })
    const metrics = await createMetrics(() => ({ bundles: pdp.status().bundles, sources: [] })).render()
    expect(metrics).toContain('sallyport_bundle_candidate_info{bundle="t",revision="r2",mode="shadow"} 1')
    expect(metrics).toMatch(/sallyport_bundle_candidate_asks\{bundle="t",outcome="differs"\} [3-9]/)
    await eventually(async () =>
      expect((await acts()).filter((act) => act === 'differs').length).toBeGreaterThanOrEqual(3),
    )
    const [differs] = (await place.records('bundle')).filter(({ act }) => act === 'differs')
    expect(differs).toMatchObject({ difference: 'allow→deny', previous: held(pdp)?.digest })
    const log = await readFile(join(place.folder, 'state', 'audit', 'records.ndjson'), 'utf8')
    expect(log).toContain(`"id":"${String(differs?.['decision'])}"`)
    // without the setting it becomes active, which is how an operator says so
    expect(await pdp.reload(async () => configOf())).toMatchObject({ applied: true })
    expect(await askAbout(pdp, 43)).toEqual(['ALLOWED', 'r2'])
  })

  test('takes the place of the active one after as many asks as it must, and is kept', async () => {
    const pdp = await start({ mode: 'shadow', promote: soon })
    await pdp.updateBundle('t', bundle(2, 42))
    await asking(pdp, () => expect(held(pdp)).toMatchObject({ sequence: 2 }))
    expect(held(pdp)).not.toHaveProperty('candidate')
    const [candidate, activated] = await place.records('bundle')
    expect(candidate).toMatchObject({ act: 'candidate', mode: 'shadow', sequence: 2 })
    expect(activated).toMatchObject({ act: 'activated', sequence: 2, compared: 5, differences: 0, errors: 0 })
    await running.pop()?.close()
    await writeFile(place.file, 'nothing')
    expect(held(await start({ mode: 'shadow', promote: soon }))).toMatchObject({ sequence: 2 })
  })

  test.for<readonly [string, Uint8Array, object]>([
    ['that answers otherwise', bundle(2, 43), { differences: 1, errors: 0 }],
    ['that gives no answer', bundle(2), { differences: 0, errors: 1 }],
  ])('%s is rolled back, and is not tried again', async ([, candidate, counts]) => {
    const told: string[] = []
    const pdp = await start({ mode: 'shadow', promote: soon }, { events: { bundleTold: (_, what) => told.push(what) } })
    await pdp.updateBundle('t', candidate)
    const clause = rolloutClauses.rolledBack
    const answers = await asking(pdp, () => expect(held(pdp)).toMatchObject({ sequence: 1, fault: { clause } }))
    expect(answers.every(([code, revision]) => code === 'ALLOWED' && revision === 'r1')).toBe(true)
    expect(held(pdp)).not.toHaveProperty('candidate')
    await eventually(async () =>
      expect(await place.records('bundle')).toContainEqual(expect.objectContaining({ act: 'rolled-back', ...counts })),
    )
    expect(await pdp.updateBundle('t', candidate)).toMatchObject({ outcome: 'refused', clause })
    expect(await pdp.updateBundle('t', bundle(3, 42))).toEqual({ outcome: 'candidate' })
    await asking(pdp, () => expect(held(pdp)).toMatchObject({ sequence: 3 }))
    expect(told).toEqual(['candidate', 'rolled-back', 'candidate', 'activated'])
  })
})

describe('a canary', () => {
  test('decides for its share alone, each answer of exactly one revision, and is promoted', async () => {
    const pdp = await start({ mode: 'canary', share: 0.5, promote: { ...soon, asks: 30 } })
    await pdp.updateBundle('t', bundle(2, 42))
    const answers = await asking(pdp, () => expect(held(pdp)).toMatchObject({ sequence: 2 }))
    expect(new Set(answers.slice(0, -1).map(([, revision]) => revision))).toEqual(new Set(['r1', 'r2']))
    expect(answers.every(([code]) => code === 'ALLOWED')).toBe(true)
  })

  test('evaluated isolated, too', async () => {
    const config = configOf({ mode: 'canary', share: 1, promote: soon })
    const t = config.services['t']
    if (!t) throw new Error('the service is missing')
    const pdp = await place.start({ config: { ...config, services: { t: { ...t, evaluate: 'isolated' } } } })
    running.push(pdp)
    await pdp.updateBundle('t', bundle(2, 42))
    expect(await askAbout(pdp, 42)).toEqual(['ALLOWED', 'r2'])
    await asking(pdp, () => expect(held(pdp)).toMatchObject({ sequence: 2 }))
    expect(await askAbout(pdp, 42)).toEqual(['ALLOWED', 'r2'])
  })

  test('that answers otherwise ends in the last good one', async () => {
    const pdp = await start({ mode: 'canary', share: 0.5, promote: { ...soon, asks: 10, max_divergence: 0.3 } })
    await pdp.updateBundle('t', bundle(2, 43))
    const clause = rolloutClauses.rolledBack
    const answers = await asking(pdp, () => expect(held(pdp)).toMatchObject({ sequence: 1, fault: { clause } }))
    for (const [code, revision] of answers) expect(code).toBe(revision === 'r1' ? 'ALLOWED' : 'POLICY_DENIED')
    expect(answers.filter(([, revision]) => revision === 'r2').length).toBeGreaterThanOrEqual(4)
    expect(await askAbout(pdp, 42)).toEqual(['ALLOWED', 'r1'])
  })

  test('of no share decides nothing', async () => {
    const pdp = await start({ mode: 'canary', share: 0, promote: soon })
    await pdp.updateBundle('t', bundle(2, 43))
    for (let i = 0; i < 20; i++) expect(await askAbout(pdp, 42)).toEqual(['ALLOWED', 'r1'])
    expect(held(pdp)?.candidate).toMatchObject({ compared: 0, share: 0 })
  })
})

test('a candidate that expired decides nothing, and does not take the place of the active one', async () => {
  let time = Date.now()
  const pdp = await start({ mode: 'canary', share: 1 }, { clock: () => instant(time) })
  const ends = Math.floor(time / 1_000) + 60
  expect(await pdp.updateBundle('t', bundle(2, 43, { exp: ends }))).toEqual({ outcome: 'candidate' })
  expect(await askAbout(pdp, 43)).toEqual(['ALLOWED', 'r2'])
  time = ends * 1_000
  expect(await askAbout(pdp, 42)).toEqual(['ALLOWED', 'r1'])
  expect(await pdp.candidates.settle('t', 'promote', 'we looked', 'alice')).toMatchObject({ ok: false })
  expect(held(pdp)).toMatchObject({ sequence: 1, fault: { reason: expect.stringContaining('expired') } })
  expect(await askAbout(pdp, 42)).toEqual(['ALLOWED', 'r1'])
})

test('an operator settles a candidate, and nothing where there is none', async () => {
  const pdp = await start({ mode: 'shadow' })
  const settle = async (act: 'promote' | 'roll-back') => pdp.candidates.settle('t', act, 'we looked', 'alice')
  const none = { ok: false, code: 'NOT_FOUND', clause: rolloutClauses.there }
  expect(await settle('promote')).toMatchObject(none)
  await pdp.updateBundle('t', bundle(2, 43))
  expect(await settle('roll-back')).toMatchObject({ ok: true, value: { revision: 'r2' } })
  expect(held(pdp)).toMatchObject({ sequence: 1, fault: { clause: rolloutClauses.rolledBack, reason: 'we looked' } })
  expect(await settle('roll-back')).toMatchObject(none)
  await pdp.updateBundle('t', bundle(3, 43))
  expect(await settle('promote')).toMatchObject({ ok: true, value: { revision: 'r3' } })
  expect(await askAbout(pdp, 43)).toEqual(['ALLOWED', 'r3'])
})

test('a newer candidate takes the place of one, and what is active ends the trial', async () => {
  const pdp = await start({ mode: 'shadow' })
  const second = bundle(2, 43)
  expect(await pdp.updateBundle('t', second)).toEqual({ outcome: 'candidate' })
  expect(await pdp.updateBundle('t', second)).toEqual({ outcome: 'unchanged' })
  expect(await pdp.updateBundle('t', bundle(3, 44))).toEqual({ outcome: 'candidate' })
  expect(held(pdp)?.candidate).toMatchObject({ revision: 'r3' })
  expect(await pdp.reload(async () => configOf({ mode: 'shadow', sample: 0.5 }))).toMatchObject({ applied: true })
  expect(held(pdp)?.candidate).toMatchObject({ revision: 'r3', compared: 0 })
  expect(await pdp.updateBundle('t', await readFile(place.file))).toEqual({ outcome: 'unchanged' })
  expect(held(pdp)).not.toHaveProperty('candidate')
})

test('a restart during a trial begins with the active bundle, and tries the candidate anew', async () => {
  await start({ mode: 'canary', share: 1 })
  await running.pop()?.close()
  await writeFile(`${place.file}.next`, bundle(2, 43))
  await rename(`${place.file}.next`, place.file)
  const pdp = await start({ mode: 'canary', share: 1 })
  expect(held(pdp)).toMatchObject({ sequence: 1 })
  expect(held(pdp)?.candidate).toMatchObject({ revision: 'r2' })
})
