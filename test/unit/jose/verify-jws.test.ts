import { constants, type KeyObject, sign } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../pdp/core/json.ts'
import type { JwsAlgorithm, VerificationKey } from '../../../pdp/core/key.ts'
import { algorithmNamed, algorithms, algorithmsOf } from '../../../pdp/jose/algorithms.ts'
import { readJwk } from '../../../pdp/jose/read-jwk.ts'
import { readJws } from '../../../pdp/jose/read-jws.ts'
import { keyIdOf, signatureClauses, verifyJws } from '../../../pdp/jose/verify-jws.ts'
import { refusesOnly } from '../../support/twin.ts'
import { claims, encode, freshJwk, header, hmacToken, issuer, open, stranger, token, withSignature } from './tokens.ts'

const every: readonly JwsAlgorithm[] = [
  'ES256',
  'ES384',
  'ES512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'Ed25519',
]

function keyOf(jwk: JsonObject, more: JsonObject = {}): VerificationKey {
  const read = readJwk({ ...jwk, ...more }, 'KEY_UNKNOWN')
  if (!read.ok) throw new Error(read.clause)
  return read.value
}

const verify = (text: string, key: VerificationKey) => {
  const jws = readJws(text, 'CREDENTIAL_MALFORMED')
  return jws.ok ? verifyJws(jws.value, key) : jws
}

describe('tokens of the npm package jose are accepted', () => {
  test.for([...every, 'EdDSA'])('%s', async (alg) => {
    const pair = await generateKeyPair(alg, { extractable: true })
    const text = await new SignJWT(claims).setProtectedHeader({ alg }).sign(pair.privateKey)
    const jwk = await exportJWK(pair.publicKey)
    // an exported JWK is JSON
    const key = keyOf(jwk as JsonObject, { alg })
    const algorithm = alg === 'EdDSA' ? 'Ed25519' : algorithmNamed(alg)
    expect(verify(text, key)).toEqual({ ok: true, value: `${key.id}.${algorithm}` })
    const changed = text.replace(/\.[^.]*\./, `.${encode({ ...claims, sub: 'other' })}.`)
    await refusesOnly((one: string) => verify(one, key), text, changed, {
      code: 'SIGNATURE_INVALID',
      clause: signatureClauses.signature,
    })
  })
})

describe('the table of algorithms', () => {
  test('has those that are accepted and no other', () => {
    expect(Object.keys(algorithms)).toEqual(every)
    expect(['none', 'HS256', 'RSA1_5', 'toString', '__proto__', ''].map(algorithmNamed)).toEqual(
      Array(6).fill(undefined),
    )
  })

  test('gives a key the algorithms of its type', () => {
    expect(algorithmsOf('EC', 'P-384')).toEqual(['ES384'])
    expect(algorithmsOf('OKP', 'Ed25519')).toEqual(['Ed25519'])
    expect(algorithmsOf('RSA', undefined)).toEqual(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'])
    expect(algorithmsOf('OKP', 'X25519')).toEqual([])
    expect(algorithmsOf('EC', undefined)).toEqual([])
    expect(algorithmsOf('oct', undefined)).toEqual([])
  })
})

describe('the key decides which algorithm is possible', () => {
  const rsa = freshJwk('RSA')
  const signed = (alg: JwsAlgorithm, hash: string, padding: number, key: KeyObject = rsa.privateKey) => {
    const input = `${encode({ alg })}.${encode(claims)}`
    return `${input}.${sign(hash, Buffer.from(input), { key, padding, saltLength: Number(hash.slice(3)) / 8 }).toString('base64url')}`
  }
  const rs256 = signed('RS256', 'sha256', constants.RSA_PKCS1_PADDING)
  const ps256 = signed('PS256', 'sha256', constants.RSA_PKCS1_PSS_PADDING)
  const rs512 = signed('RS512', 'sha512', constants.RSA_PKCS1_PADDING)
  const only = (alg: string) => (text: string) => verify(text, keyOf(rsa.jwk, { alg }))

  test.for([
    ['PS256 under a key for RS256', 'RS256', rs256, ps256],
    ['RS256 under a key for PS256', 'PS256', ps256, rs256],
    ['RS512 under a key for RS256', 'RS256', rs256, rs512],
  ] as const)('%s', async ([, alg, twin, defect]) => {
    const expected = { code: 'SIGNATURE_INVALID', clause: signatureClauses.algorithm } as const
    await refusesOnly(only(alg), twin, defect, expected)
  })

  test.for([
    ['HMAC with the PEM text of the key', String(issuer.verification.key.export({ type: 'spki', format: 'pem' }))],
    ['HMAC with the JWK text of the key', JSON.stringify(issuer.jwk)],
    ['HMAC with an empty secret', ''],
  ] as const)('%s', async ([, secret]) => {
    const expected = { code: 'SIGNATURE_INVALID', clause: signatureClauses.algorithm } as const
    await refusesOnly(
      (text: string) => verify(text, issuer.verification),
      token(),
      hmacToken('HS256', secret),
      expected,
    )
  })

  test('a key without alg is good for all of its type, and says which it was', () => {
    const key = keyOf(rsa.jwk)
    expect(verify(rs256, key)).toEqual({ ok: true, value: keyIdOf(key, 'RS256') })
    expect(verify(ps256, key)).toEqual({ ok: true, value: keyIdOf(key, 'PS256') })
  })

  test('an algorithm in the record that the table lacks is never used', () => {
    const key = { ...issuer.verification, algorithms: ['none' as JwsAlgorithm] } // what a careless caller could build
    expect(verify(token({ ...header, alg: 'none' }), key)).toMatchObject({
      ok: false,
      clause: signatureClauses.algorithm,
    })
  })
})

const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')
const zero = Buffer.alloc(32)
const one = Buffer.from([...zero.subarray(1), 1])
const good = token()
const rs = Buffer.from(good.slice(good.lastIndexOf('.') + 1), 'base64url')
const r = rs.subarray(0, 32)
const s = rs.subarray(32)
const derSignature = sign('sha256', Buffer.from(good.slice(0, good.lastIndexOf('.'))), issuer.privateKey)

describe('ECDSA signatures out of form', () => {
  test.for<[string, Uint8Array]>([
    ['r = 0', Buffer.concat([zero, s])],
    ['s = 0', Buffer.concat([r, zero])],
    ['r = s = 0 (CVE-2022-21449)', Buffer.concat([zero, zero])],
    ['r = n', Buffer.concat([order, s])],
    ['s = n', Buffer.concat([r, order])],
    ['r above n', Buffer.concat([Buffer.alloc(32, 0xff), s])],
    ['DER inside the JWS', derSignature],
    ['one byte short', rs.subarray(1)],
    ['one byte long', Buffer.concat([Buffer.alloc(1), rs])],
    ['r and s each with a leading zero', Buffer.concat([zero.subarray(31), r, zero.subarray(31), s])],
  ])('%s', async ([, signature]) => {
    const expected = { code: 'SIGNATURE_INVALID', clause: signatureClauses.form } as const
    await refusesOnly(open, good, withSignature(good, signature), expected)
  })

  test.for<[string, Uint8Array]>([
    ['r = s = 1', Buffer.concat([one, one])],
    ['r and s exchanged', Buffer.concat([s, r])],
    ['r = n - 1', Buffer.concat([order.subarray(0, 31), Buffer.from([0x50]), s])],
  ])('in range, but no signature: %s', async ([, signature]) => {
    const expected = { code: 'SIGNATURE_INVALID', clause: signatureClauses.signature } as const
    await refusesOnly(open, good, withSignature(good, signature), expected)
  })

  test('the twin n - s of a signature is good too: a whole token is no replay key', () => {
    const twin = (BigInt(`0x${order.toString('hex')}`) - BigInt(`0x${s.toString('hex')}`))
      .toString(16)
      .padStart(64, '0')
    const text = withSignature(good, Buffer.concat([r, Buffer.from(twin, 'hex')]))
    expect(text).not.toBe(good)
    expect(open(text)).toMatchObject({ ok: true })
  })

  test('small r and s, of fewer bytes, are accepted wherever signing gives them', () => {
    const small = Array.from({ length: 2000 }, (_, jti) => token(header, { ...claims, jti })).filter((text) => {
      const bytes = Buffer.from(text.slice(text.lastIndexOf('.') + 1), 'base64url')
      return bytes[0] === 0 || bytes[32] === 0
    })
    expect(small.length).toBeGreaterThan(0)
    expect(small.filter((text) => !open(text).ok)).toEqual([])
  })
})

describe('RSA and Ed25519 signatures out of form', () => {
  const rsa = freshJwk('RSA')
  const ed = freshJwk('Ed25519')
  const rsaInput = `${encode({ alg: 'RS256' })}.${encode(claims)}`
  const rsaSignature = sign('sha256', Buffer.from(rsaInput), rsa.privateKey)
  const edInput = `${encode({ alg: 'EdDSA' })}.${encode(claims)}`
  const edSignature = sign(null, Buffer.from(edInput), ed.privateKey)
  const lead = Buffer.alloc(1)

  test.for<[string, JsonObject, string, Uint8Array, Uint8Array]>([
    ['RSA, a leading zero more', rsa.jwk, rsaInput, rsaSignature, Buffer.concat([lead, rsaSignature])],
    ['RSA, a byte short', rsa.jwk, rsaInput, rsaSignature, rsaSignature.subarray(1)],
    ['Ed25519, a byte more', ed.jwk, edInput, edSignature, Buffer.concat([edSignature, lead])],
    ['Ed25519, a byte short', ed.jwk, edInput, edSignature, edSignature.subarray(1)],
  ])('%s', async ([, jwk, input, twin, defect]) => {
    const text = (signature: Uint8Array) => `${input}.${Buffer.from(signature).toString('base64url')}`
    const expected = { code: 'SIGNATURE_INVALID', clause: signatureClauses.form } as const
    await refusesOnly((one: string) => verify(one, keyOf(jwk)), text(twin), text(defect), expected)
  })
})

test('another key, and the code of the caller', async () => {
  const jws = readJws(good, 'CREDENTIAL_MALFORMED')
  if (!jws.ok) throw new Error(jws.clause)
  const check = (key: VerificationKey) => verifyJws(jws.value, key, 'PROOF_INVALID')
  const expected = { code: 'PROOF_INVALID', clause: signatureClauses.signature } as const
  await refusesOnly(check, issuer.verification, stranger.verification, expected)
})
