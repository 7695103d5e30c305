import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Pdp } from '../../../pdp/compose/pdp.ts'
import { badBundles } from './bad-bundles.ts'
import { askAbout, type BundlePlace, createBundlePlace } from './bundle-harness.ts'

const { good, rows } = await badBundles()
const now = Date.now()

let place: BundlePlace
let pdp: Pdp
let active = 5
beforeAll(async () => {
  place = await createBundlePlace()
  await writeFile(place.file, good({ sequence: active, active: 0, now }))
  pdp = await place.start()
})
afterAll(async () => {
  await pdp.close()
  await place.remove()
})

const held = () => pdp.status().bundles[0]

describe('beside an active bundle, one is refused that is', () => {
  test.for(rows)('$name', async ({ clause, defect, twin = good }) => {
    // a delta needs the bundle that all rows begin with below it
    active += 1
    expect(await pdp.updateBundle('t', good({ sequence: active, active: active - 1, now }))).toEqual({
      outcome: 'activated',
    })
    const before = held()
    const offer = { sequence: active + 1, active, now }
    expect(await pdp.updateBundle('t', defect(offer))).toMatchObject({ outcome: 'refused', clause })
    expect(held()).toMatchObject({ digest: before?.digest, sequence: active, fault: { clause } })
    expect(await askAbout(pdp, 42)).toEqual(['ALLOWED', before?.revision])
    expect(await askAbout(pdp, 43)).toEqual(['POLICY_DENIED', before?.revision])
    // its twin is not; afterwards, for it takes the place of the active one
    expect(await pdp.updateBundle('t', twin(offer))).toEqual({ outcome: 'activated' })
    expect(held()).toMatchObject({ sequence: active + 1 })
    expect(held()).not.toHaveProperty('fault')
    active += 1
  })

  test('and every one of them is told once by the log', async () => {
    expect(rows.length).toBeGreaterThan(50)
    const refused = (await place.records('bundle')).filter(({ act }) => act === 'refused')
    expect(refused.map(({ clause }) => clause)).toEqual(rows.map(({ clause }) => clause))
  })
})
