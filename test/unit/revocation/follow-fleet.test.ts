import { afterEach, describe, expect, test } from 'vitest'
import { seconds } from '../../../pdp/core/time.ts'
import type { RevocationChange } from '../../../pdp/revocation/change.ts'
import { createConfirmedView } from '../../../pdp/revocation/confirmed-view.ts'
import { type FleetFollower, followFleet } from '../../../pdp/revocation/follow-fleet.ts'
import { createRevocationStore } from '../../../pdp/revocation/store.ts'
import { createManualTime } from '../../support/manual-time.ts'
import { liftOf, revokeOf, tokenOf } from '../../support/revocation-changes.ts'
import { createSharedChanges, type SharedChanges } from '../../support/shared-changes.ts'

const settle = async () => {
  for (let i = 0; i < 50; i++) await Promise.resolve()
}

interface Instance {
  readonly store: ReturnType<typeof createRevocationStore>
  readonly follower: FleetFollower
  readonly view: ReturnType<typeof createConfirmedView>
  readonly received: string[]
  cut: boolean
  find(id: string): unknown
}

const time = createManualTime()
let elapsed = 0
const running: FleetFollower[] = []
afterEach(() => {
  for (const one of running.splice(0)) one.close()
})

async function pass(length: number) {
  for (let left = length; left > 0; left -= 0.05) {
    elapsed += 50
    time.advance(0.05)
    await settle()
  }
}

function instanceOf(
  shared: SharedChanges,
  known: readonly RevocationChange[] = [],
  stale: 'deny' | 'allow' = 'deny',
  cut = false,
): Instance {
  const store = createRevocationStore(time.clock, undefined)
  void store.add(known, 0)
  const received: string[] = []
  const exchange = shared.connect(() => {
    if (instance.cut) throw new Error('no route')
  })
  const instance = { cut }
  const follower = followFleet({
    store,
    exchange,
    schedule: time.schedule,
    now: () => elapsed,
    every: seconds(0.25),
    received: (changes) => received.push(...changes.map(({ id }) => id)),
  })
  running.push(follower)
  const view = createConfirmedView(
    store,
    follower,
    () => ({ stale, staleAfter: seconds(5) }),
    time.clock,
    () => elapsed,
  )
  const find = (id: string) => {
    const found = view.find([tokenOf(id) as { by: 'jti'; issuer: string; id: string }])
    return typeof found === 'string' ? found : 'revoked'
  }
  return Object.assign(instance, { store, follower, view, received, find })
}

async function revoke(at: Instance, change: RevocationChange) {
  await at.store.add([change], at.store.epoch())
  await at.follower.share(change)
}

describe('instances of one fleet', () => {
  test('what one revokes the other refuses, told at once; a lift too; each tells what it received', async () => {
    const shared = createSharedChanges()
    const [a, b] = [instanceOf(shared), instanceOf(shared)]
    await pass(1.5)
    await revoke(a, revokeOf('1'))
    await pass(0.05)
    expect([a.find('1'), b.find('1')]).toEqual(['revoked', 'revoked'])
    await revoke(b, liftOf('2', tokenOf('1'), ['1']))
    await pass(0.05)
    expect([a.find('1'), b.find('1')]).toEqual(['clear', 'clear'])
    expect([a.received, b.received]).toEqual([['2'], ['1']])
  })

  test('what is told gets lost: found by reading again', async () => {
    const shared = createSharedChanges()
    const a = instanceOf(shared)
    const silent = { connect: () => ({ ...shared.connect(), onAdded: () => () => undefined }) }
    const b = instanceOf({ ...shared, ...silent })
    await pass(1.5)
    await revoke(a, revokeOf('1'))
    await settle()
    expect(b.find('1')).toBe('clear')
    await pass(0.3)
    expect(b.find('1')).toBe('revoked')
  })

  test('before everything was read once nobody is let in, whatever the policy', async () => {
    const shared = createSharedChanges()
    for (const stale of ['deny', 'allow'] as const) {
      const one = instanceOf(shared, [revokeOf('known')], stale, true)
      await pass(1)
      expect([one.find('known'), one.find('other'), one.follower.loaded()]).toEqual(['revoked', 'unconfirmed', false])
      one.cut = false
      await pass(0.9)
      expect([one.find('other'), one.follower.loaded()]).toEqual(['unconfirmed', false])
      await pass(0.6)
      expect([one.find('other'), one.follower.loaded()]).toEqual(['clear', true])
    }
  })

  test.for(['deny', 'allow'] as const)('cut off for longer than it may be: `stale: %s`', async (stale) => {
    const shared = createSharedChanges()
    const [a, b] = [instanceOf(shared), instanceOf(shared, [], stale)]
    await pass(1.5)
    b.cut = true
    await revoke(a, revokeOf('1'))
    await pass(4.7)
    expect([b.find('1'), b.view.isConfirmed()]).toEqual(['clear', true])
    await pass(0.5)
    expect([b.find('1'), b.find('2')]).toEqual(stale === 'deny' ? ['unconfirmed', 'unconfirmed'] : ['clear', 'clear'])
    expect(b.view.isConfirmed()).toBe(false)
    time.step(-3_600) // the wall clock set back makes nothing fresh
    expect(b.view.isConfirmed()).toBe(false)
    time.step(3_600)
    b.cut = false
    await pass(1.5)
    expect([b.find('1'), b.find('2')]).toEqual(['revoked', 'clear'])
  })

  test('revoked while nothing can be shared: in force here, everywhere once it can', async () => {
    const shared = createSharedChanges()
    const [a, b] = [instanceOf(shared), instanceOf(shared)]
    await pass(1.5)
    a.cut = true
    await expect(revoke(a, revokeOf('1'))).rejects.toThrow('no route')
    expect([a.find('1'), b.find('1')]).toEqual(['revoked', 'clear'])
    a.cut = false
    await pass(0.3)
    expect([a.find('1'), b.find('1')]).toEqual(['revoked', 'revoked'])
  })

  test.for([0, 1, 2])('what is shared loses all but %i: put back, by whoever knows, and epochs go on', async (left) => {
    const shared = createSharedChanges()
    const [a, b] = [instanceOf(shared), instanceOf(shared)]
    await pass(1.5)
    for (const id of ['1', '2', '3']) await revoke(a, revokeOf(id))
    await pass(0.3)
    const before = shared.entries().at(-1)?.epoch ?? 0
    shared.lose(left)
    await revoke(b, revokeOf('4'))
    await pass(0.6)
    expect(
      shared
        .entries()
        .map(({ change }) => change.id)
        .sort(),
    ).toEqual(['1', '2', '3', '4'])
    expect(shared.entries().at(-1)?.epoch).toBeGreaterThan(before)
    const c = instanceOf(shared)
    await pass(0.3)
    for (const one of [a, b, c]) expect(['1', '2', '3', '4'].map(one.find)).toEqual(Array(4).fill('revoked'))
  })

  test('one entry lost and another won in its place is seen, though the count is the same', async () => {
    const shared = createSharedChanges()
    const [a, b] = [instanceOf(shared), instanceOf(shared)]
    await pass(1.5)
    await revoke(a, revokeOf('1'))
    await pass(0.3)
    b.cut = true
    shared.lose(0)
    const other = createSharedChanges().connect() // an instance that never knew of the first
    await other.append([revokeOf('2')], 0)
    await shared.connect().append([revokeOf('2')], 0)
    b.cut = false
    await pass(0.6)
    expect([a.find('2'), b.find('2'), b.find('1')]).toEqual(['revoked', 'revoked', 'revoked'])
  })

  test('what was lost is not taken for all there is while others put it back', async () => {
    const shared = createSharedChanges()
    const [a, b] = [instanceOf(shared), instanceOf(shared)]
    await pass(1.5)
    b.cut = true
    await revoke(a, revokeOf('1'))
    a.cut = true
    await pass(4.6)
    shared.lose(0)
    b.cut = false
    await pass(0.7) // reads, and nothing is there
    expect(b.find('1')).toBe('unconfirmed')
    a.cut = false
    await pass(0.3)
    expect(b.find('1')).toBe('revoked')
  })

  test('an instance that was away brings what only it knows', async () => {
    const shared = createSharedChanges()
    const a = instanceOf(shared)
    await pass(1.5)
    const back = instanceOf(shared, [revokeOf('mine')])
    await pass(0.3)
    expect([a.find('mine'), back.find('mine')]).toEqual(['revoked', 'revoked'])
  })

  test('a flood of tellings is no flood of readings', async () => {
    const shared = createSharedChanges()
    let reads = 0
    let told = () => {}
    const exchange = shared.connect()
    const counting = {
      ...exchange,
      read: (...args: Parameters<typeof exchange.read>) => {
        reads++
        return exchange.read(...args)
      },
      onAdded: (run: () => void) => {
        told = run
        return () => undefined
      },
    }
    instanceOf({ ...shared, connect: () => counting })
    await settle()
    for (let i = 0; i < 1_000; i++) {
      told()
      if (i % 100 === 0) await settle()
    }
    await pass(0.2)
    expect(reads).toBeLessThan(10)
  })
})
