import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../pdp/core/json.ts'
import { hmacClauses, readHmacKey, verifyHmac } from '../../../pdp/jose/hmac.ts'
import { readJws } from '../../../pdp/jose/read-jws.ts'
import { ok, type Result } from '../../../pdp/core/result.ts'
import { refusesOnly } from '../../support/twin.ts'
import { encode, hmacToken, withSignature } from './tokens.ts'

const bytes = (length: number) => Buffer.alloc(length, 7)
const secret = (length: number, alg: string): JsonObject => ({ kty: 'oct', k: encode(bytes(length)), alg })
const good = secret(32, 'HS256')

describe('a secret is refused', () => {
  test.for<[string, JsonObject, JsonObject]>([
    ['shorter than its hash, HS256', good, secret(31, 'HS256')],
    ['shorter than its hash, HS384', secret(48, 'HS384'), secret(47, 'HS384')],
    ['shorter than its hash, HS512', secret(64, 'HS512'), secret(63, 'HS512')],
    ['empty', good, { ...good, k: '' }],
    ['without k', good, { kty: 'oct', alg: 'HS256' }],
    ['with padding', good, { ...good, k: `${encode(bytes(32))}=` }],
    ['without alg', good, { kty: 'oct', k: encode(bytes(32)) }],
    ['for AES', good, { ...good, alg: 'A256KW' }],
    ['for a signature algorithm', good, { ...good, alg: 'ES256' }],
    ['of another type', good, { ...good, kty: 'EC' }],
    ['for another use', { ...good, use: 'sig' }, { ...good, use: 'enc' }],
    ['for other operations', { ...good, key_ops: ['sign', 'verify'] }, { ...good, key_ops: ['sign'] }],
    ['with operations that are no list', good, { ...good, key_ops: 'verify' }],
  ])('%s', async ([, twin, defect]) => {
    const expected = { code: 'KEY_UNKNOWN', clause: hmacClauses.key } as const
    await refusesOnly((jwk: JsonObject) => readHmacKey(jwk, 'KEY_UNKNOWN'), twin, defect, expected)
  })

  test('for another algorithm than the one fixed by the caller', async () => {
    const read = (jwk: JsonObject) => readHmacKey(jwk, 'KEY_UNKNOWN', 'HS256')
    const expected = { code: 'KEY_UNKNOWN', clause: hmacClauses.key } as const
    await refusesOnly(read, good, secret(64, 'HS512'), expected)
    await refusesOnly(read, { kty: 'oct', k: encode(bytes(32)) }, { kty: 'oct', k: encode(bytes(16)) }, expected)
  })
})

describe('a MAC', () => {
  const key = readHmacKey({ ...good, kid: 'h' }, 'KEY_UNKNOWN')
  const verify = (text: string): Result<'good'> => {
    const jws = readJws(text, 'CREDENTIAL_MALFORMED')
    if (!jws.ok) return jws
    if (!key.ok) return key
    return verifyHmac(jws.value, key.value) ?? ok('good')
  }
  const text = hmacToken('HS256', bytes(32))

  test.for([
    ['with another secret', hmacToken('HS256', bytes(33)), hmacClauses.mac],
    ['cut short', withSignature(text, bytes(31)), hmacClauses.mac],
    ['by another hash', hmacToken('HS512', bytes(32)), hmacClauses.algorithm],
  ] as const)('%s is refused', async ([, defect, clause]) => {
    await refusesOnly(verify, text, defect, { code: 'SIGNATURE_INVALID', clause })
  })

  test('keeps the kid of its key', () =>
    expect(key).toMatchObject({ ok: true, value: { kid: 'h', algorithm: 'HS256' } }))
})
