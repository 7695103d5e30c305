import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Pdp } from '../../../pdp/compose/pdp.ts'
import { instant } from '../../../pdp/core/time.ts'
import { statementClauses } from '../../../pdp/policy/signature/check-statement.ts'
import { signatureClauses } from '../../../pdp/jose/verify-jws.ts'
import { lastGoodClauses } from '../../../pdp/policy/last-good.ts'
import { offerClauses } from '../../../pdp/policy/offer-bundle.ts'
import { signatureFileClauses } from '../../../pdp/policy/signature/read-signature-file.ts'
import { tarClauses } from '../../../pdp/policy/untar.ts'
import { writeTar } from '../../../pdp/policy/write-tar.ts'
import { readinessOf } from '../../../pdp/process/readiness.ts'
import { eventually } from '../../support/eventually.ts'
import { badBundles } from './bad-bundles.ts'
import { askAbout, type BundlePlace, createBundlePlace } from './bundle-harness.ts'

const { good, rows } = await badBundles()
const now = Date.now()
const numbered = (sequence: number) => good({ sequence, active: 0, now })
const rowNamed = (name: string) =>
  rows.find((row) => row.name === name)?.defect({ sequence: 9, active: 1, now }) ?? Buffer.alloc(0)
const foreign = rowNamed('signed by strangers')
const unsigned = rowNamed('unsigned')
const deltaOver = (active: number) => {
  const twin = rows.find(({ name }) => name === 'an unsigned delta')?.twin
  if (!twin) throw new Error('the row is missing')
  return twin({ sequence: active + 1, active, now })
}

let place: BundlePlace
const running: Pdp[] = []
beforeEach(async () => {
  place = await createBundlePlace()
})
afterEach(async () => {
  for (const pdp of running.splice(0)) await pdp.close()
  await place.remove()
})

async function start(parts: Parameters<BundlePlace['start']>[0] = {}): Promise<Pdp> {
  const pdp = await place.start(parts)
  running.push(pdp)
  return pdp
}
const stop = async () => running.pop()?.close()
const sequence = (pdp: Pdp | undefined) => pdp?.status().bundles[0]?.sequence
const detail = (pdp: Pdp) => readinessOf(pdp.status(), { draining: false, demo: false }).checks[1]

/** As it is to be done: written beside, and renamed into place. */
async function publish(archive: Uint8Array): Promise<void> {
  await writeFile(`${place.file}.next`, archive)
  await rename(`${place.file}.next`, place.file)
}

describe('a file that is watched', () => {
  test('becomes active when it changes, and stays out when it is refused', async () => {
    await publish(numbered(1))
    const told: string[] = []
    const pdp = await start({ events: { bundleTold: (name, what) => told.push(`${name} ${what}`) } })
    const second = numbered(2)
    await publish(second)
    await eventually(() => expect(sequence(pdp)).toBe(2))
    await publish(numbered(1))
    await eventually(() =>
      expect(pdp.status().bundles[0]).toMatchObject({ sequence: 2, fault: { clause: statementClauses.older } }),
    )
    expect(detail(pdp)).toMatchObject({ ok: true, detail: expect.stringContaining('is refused') })
    await publish(second)
    await eventually(() => expect(pdp.status().bundles[0]).not.toHaveProperty('fault'))
    expect(told).toEqual(['t activated', 't refused'])
  })
})

describe('a decision point that begins', () => {
  test('without its source answers as before, with the deltas too', async () => {
    await publish(numbered(1))
    const before = await start()
    expect(await before.updateBundle('t', deltaOver(1))).toEqual({ outcome: 'activated' })
    const answers = await Promise.all([42, 43].map((answer) => askAbout(before, answer)))
    await stop()
    await rm(place.file)
    const after = await start()
    expect(sequence(after)).toBe(2)
    expect(await Promise.all([42, 43].map((answer) => askAbout(after, answer)))).toEqual(answers)
    expect(detail(after)).toMatchObject({ ok: true, detail: expect.stringContaining('cannot be read (ENOENT)') })
    expect(await place.records('bundle')).toContainEqual(expect.objectContaining({ act: 'refused', name: 't' }))
  })

  test('with an older bundle in its source stays with the newer', async () => {
    await publish(numbered(7))
    await start()
    await stop()
    await publish(numbered(6))
    const pdp = await start()
    expect(pdp.status().bundles[0]).toMatchObject({ sequence: 7, fault: { clause: statementClauses.older } })
  })

  test('checks again who signed what it kept', async () => {
    await publish(numbered(1))
    await start()
    await stop()
    await rm(place.file)
    const kept = join(place.folder, 'state', 'bundles', 't.tar')
    const bytes = await readFile(kept)
    bytes.writeUInt8(bytes.readUInt8(600) ^ 1, 600)
    await writeFile(kept, bytes)
    await expect(start()).rejects.toThrow(/ENOENT.*what was kept of it: .*\(bundle-gzip\)/)
    bytes.writeUInt8(bytes.readUInt8(600) ^ 1, 600)
    await writeFile(kept, bytes)
    expect(sequence(await start())).toBe(1)
  })

  test('refuses what was put in place of what it kept, and says so; its source is used all the same', async () => {
    const rows: readonly (readonly [clause: string, put: Uint8Array])[] = [
      [tarClauses.truncated, Buffer.from('x')],
      [lastGoodClauses.empty, Buffer.alloc(1_024)],
      [signatureClauses.signature, writeTar([['0000.tar.gz', foreign]])],
      [signatureFileClauses.present, writeTar([['0000.tar.gz', unsigned]])],
      [offerClauses.base, writeTar([['0000.tar.gz', deltaOver(1)]])],
    ]
    await publish(numbered(1))
    await start()
    await stop()
    const kept = join(place.folder, 'state', 'bundles', 't.tar')
    const told: string[] = []
    const events = { bundleTold: (_: string, what: string, detail: string) => void told.push(`${what} ${detail}`) }
    for (const [, put] of rows) {
      await writeFile(kept, put)
      expect(sequence(await start({ events }))).toBe(1)
      await stop()
    }
    const said = (clause: string) =>
      expect.stringMatching(new RegExp(`^kept-refused what was kept of it: .*\\(${clause}\\)$`))
    expect(told).toEqual(rows.map(([clause]) => said(clause)))
  })

  test('keeps nothing that nobody signed', async () => {
    await publish(numbered(1))
    const unsigned = place.config((bundle) => {
      for (const name of ['signer', 'threshold', 'audience']) delete bundle[name]
      bundle['unsigned'] = true
    })
    await start({ config: unsigned })
    await mkdir(join(place.folder, 'state', 'bundles'), { recursive: true })
    expect(await readdir(join(place.folder, 'state', 'bundles'))).toEqual([])
    await stop()
    await rm(place.file)
    await expect(start({ config: unsigned })).rejects.toThrow('ENOENT')
  })
})

test('what has expired decides nothing, at once and after a start, until there is a newer one', async () => {
  let time = now
  const clock = () => instant(time)
  await publish(numbered(1))
  const pdp = await start({ clock })
  expect((await askAbout(pdp, 42))[0]).toBe('ALLOWED')
  time += 3_601_000
  expect((await askAbout(pdp, 42))[0]).toBe('POLICY_UNAVAILABLE')
  expect(detail(pdp)).toMatchObject({ ok: false, detail: expect.stringContaining('expired') })
  await stop()
  const next = await start({ clock })
  expect((await askAbout(next, 42))[0]).toBe('POLICY_UNAVAILABLE')
  expect(await next.updateBundle('t', good({ sequence: 2, active: 1, now: time }))).toEqual({ outcome: 'activated' })
  expect((await askAbout(next, 42))[0]).toBe('ALLOWED')
})

test('a reload keeps deltas, and refuses an older bundle whole', async () => {
  await publish(numbered(1))
  const pdp = await start()
  await publish(deltaOver(1))
  await eventually(() => expect(sequence(pdp)).toBe(2))
  expect(await pdp.reload(async () => place.config())).toMatchObject({ applied: true })
  expect(sequence(pdp)).toBe(2)
  await publish(numbered(1))
  expect(await pdp.reload(async () => place.config())).toMatchObject({
    applied: false,
    reason: expect.stringContaining(statementClauses.older),
  })
  expect((await askAbout(pdp, 42))[0]).toBe('ALLOWED')
})

test('to go back is a signed act: the older content under a higher sequence, and not its old archive', async () => {
  const [old, next, again] = [1, 2, 3].map(numbered) as [Uint8Array, Uint8Array, Uint8Array]
  await publish(old)
  const pdp = await start()
  expect(await pdp.updateBundle('t', next)).toEqual({ outcome: 'activated' })
  expect(await pdp.updateBundle('t', old)).toMatchObject({ outcome: 'refused', clause: statementClauses.older })
  expect(await pdp.updateBundle('t', again)).toEqual({ outcome: 'activated' })
  expect(sequence(pdp)).toBe(3)
})

test('several bundles, each with its own roots, change each for itself', async () => {
  await publish(numbered(1))
  const other = join(place.folder, 'u.tar.gz')
  await writeFile(other, numbered(5))
  const config = place.config()
  const [t, bundle] = [config.services['t'], config.bundles['t']]
  if (!t || !bundle) throw new Error('the configuration is missing')
  const services = { t, u: { ...t, audiences: ['https://u.example.org'], policy: 'u' } }
  const pdp = await start({ config: { ...config, services, bundles: { t: bundle, u: { ...bundle, file: other } } } })
  const sequences = () => pdp.status().bundles.map(({ name, sequence, fault }) => [name, sequence, fault?.clause])
  expect(sequences()).toEqual([
    ['t', 1, undefined],
    ['u', 5, undefined],
  ])
  expect(await pdp.updateBundle('u', numbered(6))).toEqual({ outcome: 'activated' })
  expect(await pdp.updateBundle('t', numbered(2))).toEqual({ outcome: 'activated' }) // older than that of the other
  expect(await pdp.updateBundle('u', rowNamed('signed by strangers'))).toMatchObject({ outcome: 'refused' })
  expect(sequences()).toEqual([
    ['t', 2, undefined],
    ['u', 6, signatureClauses.signature],
  ])
  expect((await askAbout(pdp, 42))[0]).toBe('ALLOWED')
})
