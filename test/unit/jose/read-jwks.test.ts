import { describe, expect, test } from 'vitest'
import type { JsonObject, JsonValue } from '../../../pdp/core/json.ts'
import { jwkClauses } from '../../../pdp/jose/read-jwk.ts'
import { jwkSetClauses, readJwks } from '../../../pdp/jose/read-jwks.ts'
import { publicJwkClauses } from '../../../pdp/jose/read-public-jwk.ts'
import { refusesOnly } from '../../support/twin.ts'
import { freshJwk } from './tokens.ts'

const a: JsonObject = { ...freshJwk('P-256').jwk, kid: 'a' }
const b: JsonObject = { ...freshJwk('P-256').jwk, kid: 'b' }
const secret: JsonObject = { kty: 'oct', k: 'AAAA', kid: 's' }
const many = (count: number) => Array.from({ length: count }, (_, i): JsonObject => ({ ...a, kid: `k${i}` }))

const read = (document: JsonValue) => readJwks(document, 'TRUST_UNAVAILABLE')

describe('a JWK set is refused as a whole', () => {
  test.for<[string, JsonValue, JsonValue, string]>([
    ['no object', { keys: [a] }, [a], jwkSetClauses.form],
    ['null', { keys: [a] }, null, jwkSetClauses.form],
    ['no keys', { keys: [a] }, {}, jwkSetClauses.form],
    ['keys is an object', { keys: [a] }, { keys: { a } }, jwkSetClauses.form],
    ['a key that is no object', { keys: [a] }, { keys: [a, 'b'] }, jwkSetClauses.form],
    ['too many keys', { keys: many(256) }, { keys: many(257) }, jwkSetClauses.count],
    ['a secret among public keys', { keys: [a, b] }, { keys: [a, b, secret] }, jwkSetClauses.secret],
    ['a secret without its value', { keys: [a] }, { keys: [a, { kty: 'oct' }] }, jwkSetClauses.secret],
    ['a private key', { keys: [a, b] }, { keys: [a, { ...b, d: 'AAAA' }] }, jwkSetClauses.secret],
    [
      'a private key for another use',
      { keys: [a, { ...b, use: 'enc' }] },
      { keys: [a, { ...b, use: 'enc', d: 'AAAA' }] },
      jwkSetClauses.secret,
    ],
    ['one kid twice', { keys: [a, b] }, { keys: [a, { ...b, kid: 'a' }] }, jwkSetClauses.duplicate],
    ['one key twice', { keys: [a] }, { keys: [a, a] }, jwkSetClauses.duplicate],
  ])('%s', async ([, twin, defect, clause]) => {
    await refusesOnly(read, twin, defect, { code: 'TRUST_UNAVAILABLE', clause })
  })
})

describe('what comes out of a JWK set', () => {
  const kids = (document: JsonValue, use?: string) => {
    const set = readJwks(document, 'TRUST_UNAVAILABLE', use === undefined ? {} : { use })
    return set.ok ? set.value.keys.map(({ kid }) => kid) : set.clause
  }

  test('its keys in order', () => expect(kids({ keys: [b, a] })).toEqual(['b', 'a']))

  test('no keys from an empty set', () => expect(kids({ keys: [] })).toEqual([]))

  test('only those of the expected use; a kid may repeat in another', () => {
    const svid = { ...a, use: 'jwt-svid' }
    const keys = [svid, { ...b, use: 'x509-svid', kid: 'a' }, { ...b, use: 'sig' }, b]
    expect(kids({ keys }, 'jwt-svid')).toEqual(['a'])
    expect(kids({ keys: [a, { ...a, use: 'enc' }] })).toEqual(['a'])
  })

  test('keys without kid beside each other', () => {
    const bare = [freshJwk('P-256').jwk, freshJwk('P-384').jwk]
    expect(kids({ keys: bare })).toEqual([undefined, undefined])
  })

  test('without the keys that cannot be used, which are told', () => {
    const set = read({
      keys: [a, { ...b, kty: 'AKP' }, { ...freshJwk('RSA', 1024).jwk }, { ...b, kid: 'c', alg: 'ES256K' }],
    })
    if (!set.ok) throw new Error(set.clause)
    expect(set.value.keys.map(({ kid }) => kid)).toEqual(['a'])
    expect(set.value.ignored.map(({ clause }) => clause)).toEqual([
      publicJwkClauses.kty,
      publicJwkClauses.modulus,
      jwkClauses.alg,
    ])
  })
})
