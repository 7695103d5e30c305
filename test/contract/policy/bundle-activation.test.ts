import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Pdp } from '../../../pdp/compose/pdp.ts'
import { instant } from '../../../pdp/core/time.ts'
import { statementClauses } from '../../../pdp/policy/signature/check-statement.ts'
import { readinessOf } from '../../../pdp/process/readiness.ts'
import { eventually } from '../../support/eventually.ts'
import { badBundles } from './bad-bundles.ts'
import { askAbout, type BundlePlace, createBundlePlace } from './bundle-harness.ts'

const { good, rows } = await badBundles()
const now = Date.now()
const numbered = (sequence: number) => good({ sequence, active: 0, now })
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
    await expect(start()).rejects.toThrow('ENOENT')
    bytes.writeUInt8(bytes.readUInt8(600) ^ 1, 600)
    await writeFile(kept, bytes)
    expect(sequence(await start())).toBe(1)
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
