import { describe, expect, test } from 'vitest'
import { plus, seconds } from '../../../pdp/core/time.ts'
import { holdBundle } from '../../../pdp/trust/hold-bundle.ts'
import { readSpiffeBundle, type SpiffeBundle } from '../../../pdp/trust/read-spiffe-bundle.ts'
import { frameAt, noon } from '../../support/clock.ts'
import { createTestKey } from '../../support/keys.ts'
import { refusesOnly } from '../../support/twin.ts'

const wit = createTestKey('wit-1', { use: 'wit-svid' })
const jwt = createTestKey('jwt-1', { use: 'jwt-svid' })
const bundleOf = (...keys: readonly object[]) => JSON.stringify({ keys })

const read = (text: string): SpiffeBundle => {
  const bundle = readSpiffeBundle(text)
  if (!bundle.ok) throw new Error(bundle.detail)
  return bundle.value
}

describe('keys for workload identity tokens in a bundle', () => {
  test('stand apart from those for JWT-SVIDs, by their use (WIT-SVID §6.2)', () => {
    const bundle = read(bundleOf(wit.jwk, jwt.jwk))
    expect(bundle.witKeys.keys.map(({ kid }) => kid)).toEqual(['wit-1'])
    expect(bundle.jwtKeys.keys.map(({ kid }) => kid)).toEqual(['jwt-1'])
  })

  test.each([
    ['without a kid', { ...wit.jwk, kid: undefined }],
    ['under the kid of a key for JWT-SVIDs', { ...wit.jwk, kid: 'jwt-1' }],
  ])('%s refuse the bundle', async (_, key) => {
    await refusesOnly(readSpiffeBundle, bundleOf(jwt.jwk, wit.jwk), bundleOf(jwt.jwk, key), {
      code: 'TRUST_UNAVAILABLE',
      clause: 'wit-svid-6.1-kid',
    })
  })
})

describe('their source', () => {
  const hint = { kid: 'wit-1', algorithm: 'ES256' } as const
  const sourceOf = (text: string) => {
    const holder = holdBundle('prod.example', seconds(60))
    holder.settle(readSpiffeBundle(text), noon)
    return holder
  }

  test('answers the keys of the present bundle, and follows it', async () => {
    const { witKeys, settle } = sourceOf(bundleOf(wit.jwk, jwt.jwk))
    expect(await witKeys.keys(hint, frameAt())).toMatchObject({ ok: true, value: [{ id: wit.thumbprint }] })
    settle(readSpiffeBundle(bundleOf(jwt.jwk)), noon)
    expect(await witKeys.keys(hint, frameAt())).toMatchObject({ ok: false, code: 'KEY_UNKNOWN' })
  })

  test('keeps the last good ones', async () => {
    const { witKeys, settle } = sourceOf(bundleOf(wit.jwk, jwt.jwk))
    settle(readSpiffeBundle('{'), noon)
    expect(await witKeys.keys(hint, frameAt())).toMatchObject({ ok: true, value: [{ id: wit.thumbprint }] })
  })

  test('has nothing before the first bundle, and when it is too old', async () => {
    const empty = holdBundle('prod.example', seconds(60)).witKeys
    expect(await empty.keys(hint, frameAt())).toMatchObject({ ok: false, code: 'TRUST_UNAVAILABLE' })
    const { witKeys } = sourceOf(bundleOf(wit.jwk))
    expect(await witKeys.keys(hint, frameAt(plus(noon, seconds(60))))).toMatchObject({ ok: true })
    expect(await witKeys.keys(hint, frameAt(plus(noon, seconds(61))))).toMatchObject({ code: 'TRUST_UNAVAILABLE' })
  })

  test('a key for JWT-SVIDs is not among them', async () => {
    const { witKeys } = sourceOf(bundleOf(wit.jwk, jwt.jwk))
    expect(await witKeys.keys({ kid: 'jwt-1', algorithm: 'ES256' }, frameAt())).toMatchObject({ code: 'KEY_UNKNOWN' })
  })
})
