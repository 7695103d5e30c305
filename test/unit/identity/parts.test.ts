import { describe, expect, test } from 'vitest'
import { assuranceOf } from '../../../pdp/identity/assurance.ts'
import { type Bound, bind } from '../../../pdp/identity/bind.ts'
import { findEvidence } from '../../../pdp/identity/evidence.ts'
import { join } from '../../../pdp/identity/join.ts'
import { createSelect } from '../../../pdp/identity/select.ts'
import { isSoundPossession, isSoundVerified } from '../../../pdp/identity/sound.ts'
import { evidenceHeaders } from '../../../pdp/core/evidence-headers.ts'
import type { Possession, Verified, Verifier } from '../../../pdp/seams.ts'
import { frameAt, noon } from '../../support/clock.ts'
import { firstGateParts } from '../../support/first-gate.ts'
import { createAsk, orders } from '../../support/world.ts'

const verified = (changes: Partial<Verified> = {}): Verified => ({
  method: 'test',
  subject: { issuer: 'i', id: 'i#a' },
  claims: {},
  facts: [{ name: 'environment', value: 'production', source: 'config' }],
  issuedAt: noon,
  expiresAt: (noon + 60_000) as never,
  audienceBound: true,
  attested: false,
  delegation: [],
  once: [],
  revocable: [],
  ...changes,
})

const possession = (changes: Partial<Possession> = {}): Possession => ({
  method: 'dpop',
  possession: 'request',
  keyThumbprint: 'jkt',
  once: [],
  revocable: [],
  ...changes,
})

const unlinked = () => false

describe('selectors', () => {
  const [first] = firstGateParts().verifiers
  test('two verifiers that take the same refuse to start', () => {
    expect(() => createSelect(firstGateParts().verifiers)).not.toThrow()
    expect(() => createSelect([first, first] as readonly Verifier[])).toThrow('`prod.example` is taken by both')
  })
})

describe('the evidence table', () => {
  test.each(evidenceHeaders)('%s is read or refused, never ignored', (name) => {
    const found = findEvidence(createAsk({ headers: { [name]: 'x' } }))
    const all = found.ok && [...found.value.credentials, ...found.value.proofs, ...found.value.forwarded]
    expect(all === false || all.length > 0).toBe(true)
  })
})

describe('joining', () => {
  const bound = (changes: Partial<Verified>): Bound => ({ verified: verified(changes) })
  test.each<[string, Partial<Verified>, string]>([
    ['another issuer', { subject: { issuer: 'j', id: 'i#a' } }, 'join-one-subject'],
    ['another id', { subject: { issuer: 'i', id: 'i#b' } }, 'join-one-subject'],
    [
      'another value of a fact',
      { facts: [{ name: 'environment', value: 'staging', source: 'token' }] },
      'join-one-value-per-fact',
    ],
  ])('%s', (_name, changes, clause) => {
    const twin = join([bound({}), bound({})], unlinked)
    expect(twin, 'the twin').toMatchObject({
      ok: true,
      value: { facts: [{ name: 'environment', value: 'production' }] },
    })
    expect(join([bound({}), bound(changes)], unlinked)).toMatchObject({
      ok: false,
      code: 'CREDENTIAL_CONFLICT',
      clause,
    })
  })
})

describe('assurance', () => {
  const levelOf = (bound: Bound) => {
    const joined = join([bound], unlinked)
    return joined.ok ? assuranceOf(joined.value, noon).level : undefined
  }
  test.each<[string, Bound, number]>([
    ['bearer', { verified: verified() }, 1],
    ['bearer for several audiences', { verified: verified({ audienceBound: false }) }, 0],
    ['possession by request', { verified: verified(), possession: possession() }, 3],
    ['possession by channel', { verified: verified(), possession: possession({ possession: 'channel' }) }, 3],
    ['possession, several audiences', { verified: verified({ audienceBound: false }), possession: possession() }, 2],
    ['hardware', { verified: verified(), possession: possession({ possession: 'hardware' }) }, 4],
    [
      'hardware, several audiences',
      { verified: verified({ audienceBound: false }), possession: possession({ possession: 'hardware' }) },
      3,
    ],
  ])('%s', (_name, bound, level) => {
    expect(levelOf(bound)).toBe(level)
  })
})

describe('sound answers of plug-ins', () => {
  test.each<[string, Partial<Record<keyof Verified, unknown>>]>([
    ['no method', { method: '' }],
    ['no subject', { subject: undefined }],
    ['no issuer', { subject: { id: 'a' } }],
    ['an empty id', { subject: { issuer: 'i', id: '' } }],
    ['no end', { expiresAt: undefined }],
    ['an end that is no number', { expiresAt: Number.NaN }],
    ['no beginning', { issuedAt: undefined }],
    ['no facts', { facts: undefined }],
    ['no delegation', { delegation: undefined }],
    ['no uses', { once: undefined }],
    ['nothing revocable', { revocable: undefined }],
    ['a time of attestation that is none', { attestedAt: Number.NaN }],
    ['an end of what is known that is none', { knownUntil: 'soon' }],
    ['another role', { role: 'caller' }],
    ['unknown audience', { audienceBound: undefined }],
    ['unknown attestation', { attested: undefined }],
  ])('a verifier that answers %s', (_name, changes) => {
    expect(isSoundVerified(verified())).toBe(true)
    expect(isSoundVerified({ ...verified(), ...changes } as Verified)).toBe(false)
    expect(isSoundVerified(undefined)).toBe(false)
  })

  test.each<[string, Partial<Record<keyof Possession, unknown>>]>([
    ['another key', { keyThumbprint: 'other' }],
    ['no possession', { possession: 'none' }],
    ['a word of its own', { possession: 'full' }],
    ['no method', { method: undefined }],
    ['no uses', { once: undefined }],
    ['nothing revocable', { revocable: undefined }],
  ])('a proof that answers %s', (_name, changes) => {
    expect(isSoundPossession(possession(), 'jkt')).toBe(true)
    expect(isSoundPossession({ ...possession(), ...changes } as Possession, 'jkt')).toBe(false)
  })

  test('a proof for a token that is bound to nothing', () => {
    expect(isSoundPossession(possession(), undefined)).toBe(false)
  })
})

test('a proof of a kind that nobody checks is refused', async () => {
  const credential = {
    form: 'jwt',
    scheme: 'dpop',
    text: 't',
    jwt: { header: { alg: 'ES256', members: {} }, algorithm: 'ES256', claims: {}, signingInput: 's' },
  } as const
  const presented = [{ credential, verified: verified({ confirmation: { jkt: 'jkt' } }) }]
  const proof = { kind: 'dpop', text: 'p' }
  const sound = { kind: 'dpop', check: async () => ({ ok: true as const, value: possession() }) }
  expect(await bind(presented, [proof], [sound], { service: orders }, frameAt()), 'the twin').toMatchObject({
    ok: true,
  })
  expect(await bind(presented, [proof], [], { service: orders }, frameAt())).toMatchObject({
    code: 'PROOF_INVALID',
    clause: 'proof-kind-supported',
  })
})
