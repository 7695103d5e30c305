import { describe, expect, test } from 'vitest'
import { member } from '../../../pdp/core/json.ts'
import { jsonClauses } from '../../../pdp/core/read-json.ts'
import { readJws, compactJwsClauses } from '../../../pdp/jose/read-jws.ts'
import { jwsHeaderClauses } from '../../../pdp/jose/read-jws-header.ts'
import { jwtClauses, readJwt } from '../../../pdp/jose/read-jwt.ts'
import { jsonPartClauses } from '../../../pdp/jose/read-object.ts'
import { verifyJws } from '../../../pdp/jose/verify-jws.ts'
import { refusesOnly } from '../../support/twin.ts'
import {
  claims,
  encode,
  es256,
  header,
  hmacToken,
  issuer,
  open,
  signParts,
  stranger,
  token,
  withMember,
  withSignature,
} from './tokens.ts'

type Row = readonly [name: string, twin: string, defect: string, clause: string]

const good = token()
const [h = '', p = '', s = ''] = good.split('.')
const jwk = stranger.jwk
const signedBy = (key: typeof stranger, part: object) => {
  const input = `${encode(part)}.${encode(claims)}`
  return `${input}.${es256(input, key.privateKey)}`
}
const padded = (length: number) => {
  const without = token(header, { ...claims, pad: '' }).length
  return token(header, { ...claims, pad: 'x'.repeat(Math.ceil(((length - without) * 3) / 4)) })
}
const nested = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
const unsigned = (alg: string) => `${encode({ ...header, alg })}.${p}`
const pem = String(issuer.verification.key.export({ type: 'spki', format: 'pem' }))
const der = issuer.verification.key.export({ type: 'spki', format: 'der' })

const form: readonly Row[] = [
  ['longer than 8 KiB', padded(8190), padded(8200), compactJwsClauses.size],
  ['empty text', good, '', compactJwsClauses.segments],
  ['one segment', good, h, compactJwsClauses.segments],
  ['two segments', good, `${h}.${p}`, compactJwsClauses.segments],
  ['four segments', good, `${good}.${s}`, compactJwsClauses.segments],
  ['five segments, as of a JWE', good, `${good}.${s}.${s}`, compactJwsClauses.segments],
  ['a trailing dot', good, `${good}.`, compactJwsClauses.segments],
  ['empty header', good, `.${p}.${s}`, compactJwsClauses.segments],
  ['empty signature, a.b.', good, `${h}.${p}.`, compactJwsClauses.segments],
  ['padding ==', good, `${h}.${p}.${s}==`, compactJwsClauses.base64url],
  ['padding = in the header', good, `${h}=.${p}.${s}`, compactJwsClauses.base64url],
  ['a space in the payload', good, `${h}.${p.slice(0, 5)} ${p.slice(5)}.${s}`, compactJwsClauses.base64url],
  ['a leading space', good, ` ${good}`, compactJwsClauses.base64url],
  ['a trailing line feed', good, `${good}\n`, compactJwsClauses.base64url],
  [
    'base64 alphabet',
    good,
    withSignature(good, Buffer.alloc(64, 0xff)).replaceAll('_', '/'),
    compactJwsClauses.base64url,
  ],
  ['altered trailing bits of the signature', good, alterTrailingBits(good), compactJwsClauses.base64url],
  ['a character beyond ASCII with the same low byte', good, `${h}.${p}.${beyondAscii(s)}`, compactJwsClauses.base64url],
  ['one character too many', good, `${h}.${p}.${s}AAA`, compactJwsClauses.base64url],
  [
    'JSON serialization, flattened',
    good,
    JSON.stringify({ protected: h, payload: p, signature: s }),
    compactJwsClauses.json,
  ],
  [
    'JSON serialization, general, alg in the unprotected header',
    good,
    JSON.stringify({ payload: p, signatures: [{ header: { alg: 'none' }, protected: h, signature: s }] }),
    compactJwsClauses.json,
  ],
]

function alterTrailingBits(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.slice(-1)) + 1]
}
function beyondAscii(text: string): string {
  return text.slice(0, -1) + String.fromCharCode(0x100 + text.charCodeAt(text.length - 1))
}

const json: readonly Row[] = [
  ['header is not UTF-8', good, signParts(Buffer.from([0x7b, 0xff, 0x7d]), '{}'), jsonPartClauses.utf8],
  [
    'claims are not UTF-8',
    good,
    signParts(JSON.stringify(header), Buffer.from([0x22, 0xc0, 0xaf, 0x22])),
    jsonPartClauses.utf8,
  ],
  ['header with a byte order mark', good, token(`\uFEFF${JSON.stringify(header)}`), jsonClauses.syntax],
  ['header is no JSON', good, token('{"alg":"ES256"'), jsonClauses.syntax],
  ['header is a list', good, token('["ES256"]'), jsonPartClauses.object],
  ['header is null', good, token('null'), jsonPartClauses.object],
  ['claims are a list', good, token(header, '[1]'), jsonPartClauses.object],
  ['claims are a string', good, token(header, '"x"'), jsonPartClauses.object],
  ['claims are empty', good, token(header, ''), jsonClauses.syntax],
  ['claims with trailing bytes', good, token(header, `${JSON.stringify(claims)}{}`), jsonClauses.syntax],
  ['duplicate header member: none, then ES256', good, token(withMember(header, '"alg":"none"')), jsonClauses.duplicate],
  ['duplicate header member: kid', good, token(withMember(header, '"kid":"k1"')), jsonClauses.duplicate],
  ['duplicate claim: sub', good, token(header, withMember(claims, '"sub":"x"')), jsonClauses.duplicate],
  [
    'duplicate claim, spelt with an escape',
    good,
    token(header, withMember(claims, '"s\\u0075b":"x"')),
    jsonClauses.duplicate,
  ],
  [
    'duplicate member deep in the claims',
    good,
    token(header, withMember(claims, '"cnf":{"jkt":"a","jkt":"b"}')),
    jsonClauses.duplicate,
  ],
  ['claim named __proto__', good, token(header, withMember(claims, '"__proto__":{"sub":"x"}')), jsonClauses.proto],
  ['header member named __proto__', good, token(withMember(header, '"__proto__":{"alg":"none"}')), jsonClauses.proto],
  ['exp of 1e400', good, token(header, withMember(claims, '"nbf":1e400')), jsonClauses.number],
  [
    'a claim beyond exact integers',
    good,
    token(header, withMember(claims, '"n":9007199254740993')),
    jsonClauses.number,
  ],
  ['a claim of -0', good, token(header, withMember(claims, '"n":-0')), jsonClauses.number],
  [
    'a lone surrogate in a claim',
    good,
    token(header, withMember(claims, String.raw`"n":"\ud800"`)),
    jsonClauses.surrogate,
  ],
  ['claims nested too deep', token(header, nested(32)), token(header, nested(33)), jsonClauses.depth],
  [
    'header nested too deep',
    token(withMember(header, '"x":[[[]]]')),
    token(withMember(header, '"x":[[[[]]]]')),
    jsonClauses.depth,
  ],
]

const kidOf = (length: number) => token({ ...header, kid: 'k'.repeat(length) })

const members: readonly Row[] = [
  ['alg is missing', good, token({ kid: 'k1', typ: 'JWT' }), jwsHeaderClauses.alg],
  ['alg is empty', good, token({ ...header, alg: '' }), jwsHeaderClauses.alg],
  ['alg is a list', good, token({ ...header, alg: ['ES256'] }), jwsHeaderClauses.alg],
  ['alg is null', good, token({ ...header, alg: null }), jwsHeaderClauses.alg],
  ['crit with an unknown name', good, token({ ...header, crit: ['x'], x: 1 }), jwsHeaderClauses.crit],
  ['crit is empty', good, token({ ...header, crit: [] }), jwsHeaderClauses.crit],
  ['crit is no list', good, token({ ...header, crit: 'x', x: 1 }), jwsHeaderClauses.crit],
  ['crit repeats a name', good, token({ ...header, crit: ['x', 'x'], x: 1 }), jwsHeaderClauses.crit],
  ['crit names a registered member', good, token({ ...header, crit: ['alg'] }), jwsHeaderClauses.crit],
  ['crit is null', good, token({ ...header, crit: null }), jwsHeaderClauses.crit],
  ['crit b64 false', good, token({ ...header, crit: ['b64'], b64: false }), jwsHeaderClauses.crit],
  ['b64 false without crit', good, token({ ...header, b64: false }), jwsHeaderClauses.b64],
  ['b64 true', good, token({ ...header, b64: true }), jwsHeaderClauses.b64],
  ['embedded jwk, signed with it', good, signedBy(stranger, { ...header, jwk }), jwsHeaderClauses.jwk],
  ['jku', good, signedBy(stranger, { ...header, jku: 'https://evil.example/jwks' }), jwsHeaderClauses.jku],
  ['x5u', good, signedBy(stranger, { ...header, x5u: 'https://evil.example/x5u' }), jwsHeaderClauses.x5u],
  ['x5c', good, signedBy(stranger, { ...header, x5c: ['MIIB'] }), jwsHeaderClauses.x5c],
  ['zip', good, token({ ...header, zip: 'DEF' }), jwsHeaderClauses.encrypted],
  ['enc', good, token({ ...header, enc: 'A256GCM' }), jwsHeaderClauses.encrypted],
  ['kid is empty', kidOf(1), kidOf(0), jwsHeaderClauses.kid],
  ['kid longer than 256 characters', kidOf(256), kidOf(257), jwsHeaderClauses.kid],
  ['kid of 10 KiB', kidOf(256), kidOf(10_240), compactJwsClauses.size],
  ['kid is a number', good, token({ ...header, kid: 1 }), jwsHeaderClauses.kid],
  ['kid is an object', good, token({ ...header, kid: {} }), jwsHeaderClauses.kid],
  ['typ is a list', good, token({ ...header, typ: ['JWT'] }), jwsHeaderClauses.typ],
  ['typ is null', good, token({ ...header, typ: null }), jwsHeaderClauses.typ],
]

const notAccepted = [
  'none',
  'None',
  'NONE',
  'nOnE',
  'HS256',
  'RSA1_5',
  'es256',
  'ES256 ',
  'ES256K',
  'eddsa',
  'constructor',
]
const algorithms: readonly Row[] = [
  ...notAccepted.map((alg): Row => [`alg ${alg}`, good, token({ ...header, alg }), jwtClauses.algorithm]),
  ['alg none, empty signature', good, `${unsigned('none')}.`, compactJwsClauses.segments],
  ['alg none, no third segment', good, unsigned('none'), compactJwsClauses.segments],
  ['PBES2 with a huge p2c', good, token({ ...header, alg: 'PBES2-HS256+A128KW', p2c: 2 ** 31 }), jwtClauses.algorithm],
  ['HMAC with the PEM of the key', good, hmacToken('HS256', pem), jwtClauses.algorithm],
  ['HMAC with the PEM and a leading blank', good, hmacToken('HS256', ` ${pem}`), jwtClauses.algorithm],
  ['HMAC with the DER of the key', good, hmacToken('HS384', der), jwtClauses.algorithm],
  ['HMAC with the JWK text of the key', good, hmacToken('HS512', JSON.stringify(issuer.jwk)), jwtClauses.algorithm],
]

const tables = { form, json, members, algorithms }

describe.for(Object.entries(tables))('a JWT is refused: %s', ([, rows]) => {
  test.for(rows)('%s', async ([, twin, defect, clause]) => {
    await refusesOnly(open, twin, defect, { code: 'CREDENTIAL_MALFORMED', clause })
  })
})

describe('a kid is a name and nothing more', () => {
  test.for(['../../dev/null', "' OR 1=1 --", '__proto__', 'constructor', 'https://evil.example/k', '\u0000', ' k1'])(
    '%j is read as it stands and finds no other key',
    (kid) => {
      const read = readJwt(token({ ...header, kid }), 'CREDENTIAL_MALFORMED')
      expect(read).toMatchObject({ ok: true, value: { header: { kid } } })
      expect(read.ok && verifyJws(read.value, stranger.verification).ok).toBe(false)
    },
  )
})

describe('what is read', () => {
  test('a JWT comes out frozen through and through, without what the token did not say', () => {
    const read = readJwt(token({ alg: 'ES256' }, { ...claims, act: { sub: 'a' }, aud: ['x'] }), 'CREDENTIAL_MALFORMED')
    if (!read.ok) throw new Error(read.clause)
    const jwt = read.value
    expect(jwt.header).toEqual({ alg: 'ES256', members: { alg: 'ES256' } })
    expect(jwt.claims).toEqual({ ...claims, act: { sub: 'a' }, aud: ['x'] })
    expect(jwt.algorithm).toBe('ES256')
    const parts = [jwt, jwt.header, jwt.header.members, jwt.claims, jwt.claims['act'], jwt.claims['aud']]
    expect(parts.map((part) => Object.isFrozen(part))).toEqual(parts.map(() => true))
  })

  test('EdDSA is read as Ed25519', () => {
    const read = readJwt(token({ ...header, alg: 'EdDSA' }), 'CREDENTIAL_MALFORMED')
    expect(read).toMatchObject({ ok: true, value: { algorithm: 'Ed25519', header: { alg: 'EdDSA' } } })
  })

  test('claims named as members of Object.prototype are plain claims', () => {
    const read = readJwt(token(header, { constructor: 1, toString: 'x', hasOwnProperty: null }), 'CREDENTIAL_MALFORMED')
    if (!read.ok) throw new Error(read.clause)
    expect(member(read.value.claims, 'constructor')).toBe(1)
    expect(member(read.value.claims, 'valueOf')).toBeUndefined()
  })

  test('a JWS payload is any bytes, also none', () => {
    const bytes = Buffer.from([0, 255, 1])
    const read = readJws(signParts(JSON.stringify(header), bytes), 'CREDENTIAL_MALFORMED')
    expect(read).toMatchObject({ ok: true, value: { payload: bytes } })
    expect(readJws(signParts(JSON.stringify(header), ''), 'CREDENTIAL_MALFORMED')).toMatchObject({ ok: true })
  })

  test('refusals carry the code of the caller', () => {
    expect(readJwt('x', 'PROOF_INVALID')).toMatchObject({ ok: false, code: 'PROOF_INVALID' })
  })

  test('a proof may embed its key, as an object only', async () => {
    const proof = (embedded: unknown) => token({ ...header, jwk: embedded })
    const read = (text: string) => readJwt(text, 'PROOF_INVALID', { embeddedKey: true })
    expect(read(proof(jwk))).toMatchObject({ ok: true, value: { header: { jwk } } })
    await refusesOnly(read, proof(jwk), proof('x'), { code: 'PROOF_INVALID', clause: jwsHeaderClauses.jwk })
  })
})
