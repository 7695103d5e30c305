import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Service } from '../../../pdp/core/service.ts'
import { type Instant, plus, seconds } from '../../../pdp/core/time.ts'
import { respondOf } from '../../../pdp/doors/respond.ts'
import { createNonces } from '../../../pdp/identity/proofs/nonces.ts'
import { createTestDecisionPoint } from '../../support/decision-point.ts'
import { frameAt, noon } from '../../support/clock.ts'
import { createFirstGate, nonces } from '../../support/first-gate.ts'
import { refusesOnly } from '../../support/twin.ts'
import { boundToken, clientKey, createAsk, createService, dpop, dpopProof, svid } from '../../support/world.ts'

const settings = { window: seconds(60), skew: seconds(5) }
const after = (n: number): Instant => plus(noon, seconds(n)) // noon is the beginning of a window

describe('a nonce', () => {
  const own = createNonces(Buffer.alloc(32, 1), settings)
  const nonce = own.give('orders', noon)

  test('is good in its window and in the next, and a little before for a clock that is behind', () => {
    const good = [-6, -5, 0, 59, 60, 119, 120].map((n) => [n, own.accepts(nonce, 'orders', after(n))])
    expect(Object.fromEntries(good)).toEqual({
      '-6': false,
      '-5': true,
      0: true,
      59: true,
      60: true,
      119: true,
      120: false,
    })
  })

  test('stays the same in its window, and is written with the characters of RFC 9449 §8.1', () => {
    expect(own.give('orders', after(59))).toBe(nonce)
    expect(own.give('orders', after(60))).not.toBe(nonce)
    expect(nonce).toMatch(/^[A-Za-z0-9_-]{28}$/)
  })

  test('is of one service and of one key; every instance that has the key accepts it', () => {
    expect(own.accepts(nonce, 'billing', noon)).toBe(false)
    expect(createNonces(Buffer.alloc(32, 2), settings).accepts(nonce, 'orders', noon)).toBe(false)
    expect(createNonces(Buffer.alloc(32, 1), settings).accepts(nonce, 'orders', noon)).toBe(true)
  })

  test('is not another with one character changed, added or removed', () => {
    fc.assert(
      fc.property(fc.nat(nonce.length), fc.string({ maxLength: 2 }), fc.boolean(), (at, put, remove) => {
        const changed = nonce.slice(0, at) + put + nonce.slice(at + (remove ? 1 : 0))
        expect(own.accepts(changed, 'orders', noon)).toBe(changed === nonce)
      }),
    )
  })

  test('is no text that a caller makes up', () => {
    const bytes = fc.uint8Array({ minLength: 21, maxLength: 21 }).map((made) => Buffer.from(made).toString('base64url'))
    fc.assert(
      fc.property(fc.oneof(fc.string(), bytes), (text) => {
        expect(own.accepts(text, 'orders', noon)).toBe(false)
      }),
    )
  })
})

const requiring = createService('orders', { dpopNonce: 'required' })
const offering = createService('orders', { dpopNonce: 'offered' })

const current = nonces.give('orders', noon)
const ask = (service: Service, nonce: unknown) => {
  const token = svid({ claims: { cnf: { jkt: clientKey.thumbprint } } })
  return createAsk({ service, headers: dpop(token, dpopProof(token, { claims: { nonce } })) })
}

describe('a service that requires nonces refuses (RFC 9449 §4.3, check 10)', () => {
  test.each([
    ['a proof without one', () => ask(requiring, undefined)],
    ['a nonce of another service', () => ask(requiring, nonces.give('billing', noon))],
    ['a nonce of two windows ago', () => ask(requiring, nonces.give('orders', after(-61)))],
    ['a nonce of a window to come', () => ask(requiring, nonces.give('orders', after(60)))],
    ['a nonce that is no text', () => ask(requiring, 42)],
    ['an empty nonce', () => ask(requiring, '')],
  ])('%s', async (_, defect) => {
    await refusesOnly(createFirstGate(), ask(requiring, current), defect(), {
      code: 'PROOF_NONCE_REQUIRED',
      clause: 'rfc9449-4.3.10-nonce',
    })
  })

  test('a proof that is wrong otherwise, without telling a nonce', async () => {
    const token = boundToken()
    const wrong = dpopProof(token, { claims: { htm: 'PUT' } })
    await refusesOnly(
      createFirstGate(),
      ask(requiring, current),
      createAsk({ service: requiring, headers: dpop(token, wrong) }),
      {
        code: 'PROOF_INVALID',
        clause: 'rfc9449-4.3.8-htm',
      },
    )
  })
})

describe('a service that offers nonces', () => {
  test('accepts a proof without one', async () => {
    expect(await createFirstGate()(ask(offering, undefined))).toMatchObject({ ok: true })
  })

  test('refuses one that it did not give', async () => {
    await refusesOnly(createFirstGate(), ask(offering, current), ask(offering, 'made-up'), {
      code: 'PROOF_NONCE_REQUIRED',
      clause: 'rfc9449-4.3.10-nonce',
    })
  })
})

describe('what the caller is told', () => {
  const decided = async (service: Service, nonce: unknown, question = 'read') => {
    const point = await createTestDecisionPoint()
    const asked = ask(service, nonce)
    return point.decide({
      ...asked,
      questions: [{ action: { name: question }, resource: { type: 'order', id: '42' } }],
    })
  }

  test('on a deny for the nonce: the challenge of RFC 9449 §9, and a nonce with which the next proof is accepted', async () => {
    const decision = await decided(requiring, undefined)
    expect(decision).toMatchObject({ effect: 'deny', code: 'PROOF_NONCE_REQUIRED' })
    const { status, headers } = respondOf(decision)
    expect(status).toBe(401)
    expect(headers['www-authenticate']).toMatch(/^DPoP error="use_dpop_nonce", .*algs="ES256 /)
    expect(await createFirstGate()(ask(requiring, headers['dpop-nonce']))).toMatchObject({ ok: true })
  })

  test.each([
    ['required', requiring],
    ['offered', offering],
  ])('on an allow, where nonces are %s: the nonce of the present window', async (_, service) => {
    const earlier = nonces.give('orders', after(-1))
    const decision = await decided(service, earlier)
    expect(decision.effect).toBe('allow')
    expect(respondOf(decision)).toEqual({ status: 200, headers: { 'dpop-nonce': nonces.give('orders', noon) } })
  })

  test('on a deny by policy too, since the proof was good', async () => {
    const decision = await decided(requiring, current, 'cancel')
    expect(decision).toMatchObject({ effect: 'deny', code: 'POLICY_DENIED' })
    expect(respondOf(decision)).toEqual({ status: 403, headers: { 'dpop-nonce': nonces.give('orders', noon) } })
  })

  test('nothing, where the service has no nonces; one in the proof is not looked at', async () => {
    const decision = await decided(createService('orders'), 'of the issuer')
    expect(decision.effect).toBe('allow')
    expect(respondOf(decision)).toEqual({ status: 200, headers: {} })
  })

  test('the nonce is not part of the record of the caller', async () => {
    const caller = await createFirstGate()(ask(requiring, current), frameAt())
    expect(caller.ok && caller.value.verified).toEqual([expect.not.objectContaining({ nextNonce: expect.anything() })])
  })
})
