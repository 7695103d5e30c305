import { calculateJwkThumbprint } from 'jose'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../pdp/core/json.ts'
import { type JwkExpected, jwkClauses, readJwk } from '../../../pdp/jose/read-jwk.ts'
import { publicJwkClauses } from '../../../pdp/jose/read-public-jwk.ts'
import { refusesOnly } from '../../support/twin.ts'
import { freshJwk } from './tokens.ts'

type Row = readonly [name: string, twin: JsonObject, defect: JsonObject, clause: string]

const p256 = freshJwk('P-256').jwk
const p384 = freshJwk('P-384').jwk
const p521 = freshJwk('P-521').jwk
const ed = freshJwk('Ed25519').jwk
const rsa = freshJwk('RSA').jwk

const bytesOf = (jwk: JsonObject, name: string): Buffer => {
  const text = jwk[name]
  return Buffer.from(typeof text === 'string' ? text : '', 'base64url')
}
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
const without = (jwk: JsonObject, name: string): JsonObject =>
  Object.fromEntries(Object.entries(jwk).filter(([member]) => member !== name))
const shifted = (bytes: Buffer): Buffer => Buffer.concat([Buffer.alloc(1), bytes])
const modulus = (bits: number): string => {
  const bytes = Buffer.alloc(Math.ceil(bits / 8), 0x5b)
  bytes[0] = 1 << ((bits - 1) % 8)
  return text(bytes)
}
const even = Buffer.from(bytesOf(rsa, 'n'))
even[even.length - 1] = (even.at(-1) ?? 0) & 0xfe
const exponent = (hex: string) => text(Buffer.from(hex, 'hex'))

// A modulus with the fingerprint and nothing else of such a key: 65537^5 modulo the primes up to 167.
const primorial = [
  2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
  113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
].reduce((product, prime) => product * BigInt(prime), 1n)
const multiple = (1n << 2047n) / primorial + 1n
const roca = (residue: bigint) => text(Buffer.from((multiple * primorial + residue).toString(16), 'hex'))

const keys: readonly Row[] = [
  ['a private EC key', p256, { ...p256, d: p256['x'] ?? null }, publicJwkClauses.private],
  ['a private RSA key', rsa, { ...rsa, d: 'AQAB' }, publicJwkClauses.private],
  ...['p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'].map(
    (name): Row => [`a private member ${name}`, rsa, { ...rsa, [name]: 'AQAB' }, publicJwkClauses.private],
  ),
  ['a private member that is null', p256, { ...p256, d: null }, publicJwkClauses.private],
  ['no kty', p256, without(p256, 'kty'), publicJwkClauses.kty],
  ['kty of another kind', p256, { ...p256, kty: 'AKP' }, publicJwkClauses.kty],
  ['a secret without its k', p256, { kty: 'oct' }, publicJwkClauses.kty],
  ['kty in lower case', p256, { ...p256, kty: 'ec' }, publicJwkClauses.kty],
  ['kty RSA with the members of EC', p256, { ...p256, kty: 'RSA' }, publicJwkClauses.modulus],
  ['curve P-384 with a point of P-256', p256, { ...p256, crv: 'P-384' }, publicJwkClauses.coordinate],
  ['curve secp256k1', p256, { ...p256, crv: 'secp256k1' }, publicJwkClauses.curve],
  ['no curve', p256, without(p256, 'crv'), publicJwkClauses.curve],
  ['no x', p256, without(p256, 'x'), publicJwkClauses.coordinate],
  ['no y', p256, without(p256, 'y'), publicJwkClauses.coordinate],
  ['x with padding', p256, { ...p256, x: `${text(bytesOf(p256, 'x'))}=` }, publicJwkClauses.coordinate],
  ['x with a leading zero', p256, { ...p256, x: text(shifted(bytesOf(p256, 'x'))) }, publicJwkClauses.coordinate],
  ['y a byte short', p521, { ...p521, y: text(bytesOf(p521, 'y').subarray(1)) }, publicJwkClauses.coordinate],
  ['a point off the curve', p256, { ...p256, y: p256['x'] ?? null }, jwkClauses.curvePoint],
  ['x above the field', p384, { ...p384, x: text(Buffer.alloc(48, 0xff)) }, jwkClauses.curvePoint],
  ['no n', rsa, without(rsa, 'n'), publicJwkClauses.modulus],
  ['1024 bits', rsa, { ...rsa, n: modulus(1024) }, publicJwkClauses.modulus],
  ['2047 bits', { ...rsa, n: modulus(2048) }, { ...rsa, n: modulus(2047) }, publicJwkClauses.modulus],
  ['8193 bits', { ...rsa, n: modulus(8192) }, { ...rsa, n: modulus(8193) }, publicJwkClauses.modulus],
  ['an even modulus', rsa, { ...rsa, n: text(even) }, publicJwkClauses.modulus],
  ['n with a leading zero', rsa, { ...rsa, n: text(shifted(bytesOf(rsa, 'n'))) }, publicJwkClauses.modulus],
  ['n with a space', rsa, { ...rsa, n: ` ${text(bytesOf(rsa, 'n'))}` }, publicJwkClauses.modulus],
  ['no e', rsa, without(rsa, 'e'), publicJwkClauses.exponent],
  ['e = 1', rsa, { ...rsa, e: 'AQ' }, publicJwkClauses.exponent],
  ['e = 3', rsa, { ...rsa, e: 'Aw' }, publicJwkClauses.exponent],
  ['e = 65535', rsa, { ...rsa, e: exponent('ffff') }, publicJwkClauses.exponent],
  ['e even', { ...rsa, e: exponent('010003') }, { ...rsa, e: exponent('010002') }, publicJwkClauses.exponent],
  ['e with a leading zero', rsa, { ...rsa, e: exponent('00010001') }, publicJwkClauses.exponent],
  [
    'e of 65 bits',
    { ...rsa, e: exponent('ffffffffffffffff') },
    { ...rsa, e: exponent('010000000000000001') },
    publicJwkClauses.exponent,
  ],
  ['the ROCA fingerprint', { ...rsa, n: roca(65539n) }, { ...rsa, n: roca(65537n ** 5n) }, publicJwkClauses.roca],
  ['X25519', ed, { ...ed, crv: 'X25519' }, publicJwkClauses.okp],
  ['Ed448', ed, { ...ed, crv: 'Ed448' }, publicJwkClauses.okp],
  ['Ed25519 without x', ed, without(ed, 'x'), publicJwkClauses.okp],
  ['Ed25519 a byte long', ed, { ...ed, x: text(shifted(bytesOf(ed, 'x'))) }, publicJwkClauses.okp],
]

const alg = (name: string): JsonObject => ({ ...p256, alg: name })
const records: readonly Row[] = [
  ['use enc', { ...p256, use: 'sig' }, { ...p256, use: 'enc' }, jwkClauses.use],
  ['use in upper case', { ...p256, use: 'sig' }, { ...p256, use: 'SIG' }, jwkClauses.use],
  ['use null', p256, { ...p256, use: null }, jwkClauses.use],
  ['use of a SPIFFE bundle', p256, { ...p256, use: 'jwt-svid' }, jwkClauses.use],
  ['key_ops sign', { ...p256, key_ops: ['verify'] }, { ...p256, key_ops: ['sign'] }, jwkClauses.keyOps],
  ['key_ops encrypt', p256, { ...p256, key_ops: ['encrypt'] }, jwkClauses.keyOps],
  ['key_ops empty', p256, { ...p256, key_ops: [] }, jwkClauses.keyOps],
  ['key_ops a string', p256, { ...p256, key_ops: 'verify' }, jwkClauses.keyOps],
  ['key_ops twice verify', p256, { ...p256, key_ops: ['verify', 'verify'] }, jwkClauses.keyOps],
  ['kid a number', { ...p256, kid: '1' }, { ...p256, kid: 1 }, jwkClauses.kid],
  ['kid empty', { ...p256, kid: 'k' }, { ...p256, kid: '' }, jwkClauses.kid],
  ['kid too long', { ...p256, kid: 'k'.repeat(256) }, { ...p256, kid: 'k'.repeat(257) }, jwkClauses.kid],
  ['alg of another curve', alg('ES256'), alg('ES384'), jwkClauses.alg],
  ['alg ES521, which is none', { ...p521, alg: 'ES512' }, { ...p521, alg: 'ES521' }, jwkClauses.alg],
  ['alg RS256 on an EC key', alg('ES256'), alg('RS256'), jwkClauses.alg],
  ['alg HS256', alg('ES256'), alg('HS256'), jwkClauses.alg],
  ['alg none', alg('ES256'), alg('none'), jwkClauses.alg],
  ['alg a list', alg('ES256'), { ...p256, alg: ['ES256'] }, jwkClauses.alg],
  ['alg of encryption', { ...rsa, alg: 'PS256' }, { ...rsa, alg: 'RSA-OAEP' }, jwkClauses.alg],
]

describe.for(Object.entries({ keys, records }))('a JWK is refused: %s', ([, rows]) => {
  test.for(rows)('%s', async ([, twin, defect, clause]) => {
    const read = (jwk: JsonObject) => readJwk(jwk, 'KEY_UNKNOWN')
    await refusesOnly(read, twin, defect, { code: 'KEY_UNKNOWN', clause })
  })
})

describe('what the caller expects of a JWK', () => {
  const jwtSvid = { use: 'jwt-svid' }
  const ps256: JwkExpected = { algorithms: ['PS256'] }

  test.for<[string, JwkExpected, JsonObject, JsonObject, string]>([
    ['another use', jwtSvid, { ...p256, use: 'jwt-svid' }, { ...p256, use: 'x509-svid' }, jwkClauses.use],
    ['no use', jwtSvid, { ...p256, use: 'jwt-svid' }, p256, jwkClauses.use],
    ['use sig', jwtSvid, { ...p256, use: 'jwt-svid' }, { ...p256, use: 'sig' }, jwkClauses.use],
    ['a key of another type', ps256, rsa, p256, jwkClauses.alg],
    ['a key for another algorithm', ps256, { ...rsa, alg: 'PS256' }, { ...rsa, alg: 'RS256' }, jwkClauses.alg],
  ])('%s', async ([, expected, twin, defect, clause]) => {
    const read = (jwk: JsonObject) => readJwk(jwk, 'PROOF_INVALID', expected)
    await refusesOnly(read, twin, defect, { code: 'PROOF_INVALID', clause })
  })

  test('narrows the algorithms of a key without alg', () => {
    const read = readJwk(rsa, 'KEY_UNKNOWN', { algorithms: ['ES256', 'PS256', 'RS256'] })
    expect(read).toMatchObject({ ok: true, value: { algorithms: ['RS256', 'PS256'] } })
  })
})

describe('what comes out', () => {
  test.for([
    ['P-256', p256, ['ES256']],
    ['P-384', p384, ['ES384']],
    ['P-521', p521, ['ES512']],
    ['RSA', rsa, ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
    ['Ed25519', ed, ['Ed25519']],
    ['Ed25519 by its old name', { ...ed, alg: 'EdDSA' }, ['Ed25519']],
  ] as const)('%s: the thumbprint that the npm package jose computes, and its algorithms', async ([, jwk, names]) => {
    const read = readJwk({ ...jwk, kid: 'k', x5t: 'ignored' }, 'KEY_UNKNOWN')
    const id = await calculateJwkThumbprint(jwk)
    expect(read).toMatchObject({ ok: true, value: { id, kid: 'k', algorithms: names } })
    expect(read.ok && Object.isFrozen(read.value) && read.value.key.type).toBe('public')
  })

  test('no kid where the JWK has none', () => {
    const read = readJwk(p256, 'KEY_UNKNOWN')
    expect(read.ok && 'kid' in read.value).toBe(false)
  })
})
