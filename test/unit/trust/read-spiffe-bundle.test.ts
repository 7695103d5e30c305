import { describe, expect, test } from 'vitest'
import { jsonClauses } from '../../../pdp/core/read-json.ts'
import { readKeySetClauses } from '../../../pdp/trust/read-key-set.ts'
import { readSpiffeBundle, spiffeBundleClauses } from '../../../pdp/trust/read-spiffe-bundle.ts'
import { createTestKey } from '../../support/keys.ts'
import { refusesOnly } from '../../support/twin.ts'

const use = { use: 'jwt-svid' }
const jwt = createTestKey('a', use).jwk
const { kid: _, ...keyless } = jwt
const x509 = { ...createTestKey('x').jwk, kid: undefined, use: 'x509-svid', x5c: ['MAMCAQE=', '####'] }
const text = (members: object) => JSON.stringify(members)
/** The text of a bundle of one key with a sequence as written, which JSON.stringify could not write. */
const numbered = (sequence: string) => text({ keys: [jwt] }).replace('{', `{"spiffe_sequence":${sequence},`)

describe('a bundle', () => {
  test('has JWT keys by their use, authorities as DER, a sequence and a hint', () => {
    const read = readSpiffeBundle(text({ spiffe_sequence: 3, spiffe_refresh_hint: 600, keys: [jwt, x509] }))
    expect(read).toMatchObject({ ok: true, value: { sequence: 3n, refreshHint: 600 } })
    if (!read.ok) return
    expect(read.value.jwtKeys.keys.map(({ kid }) => kid)).toEqual(['a'])
    expect(read.value.x509Authorities.map((der) => [...der])).toEqual([[0x30, 3, 2, 1, 1]])
  })

  test.each([
    ['of another use', { use: 'sig' }],
    ['of a use to come', { use: 'wit-svid' }],
    ['of a use in capitals', { use: 'JWT-SVID' }],
    ['without a use', {}],
    ['of a use that is no text', { use: ['jwt-svid'] }],
  ])('ignores a key %s', (_, use) => {
    const read = readSpiffeBundle(text({ keys: [{ ...keyless, kid: 'b', use: undefined, ...use }, jwt] }))
    expect(read.ok && read.value.jwtKeys.keys.map(({ kid }) => kid)).toEqual(['a'])
  })

  test('may be empty: then nothing is valid', () => {
    const read = readSpiffeBundle('{"keys":[]}')
    expect(read).toMatchObject({ ok: true, value: { jwtKeys: { keys: [] }, x509Authorities: [], refreshHint: 300 } })
    expect(read.ok && read.value).not.toHaveProperty('sequence')
  })

  test('leaves out an Ed25519 key, which signs no JWT-SVID', () => {
    const okp = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', kid: 'e', ...use }
    const read = readSpiffeBundle(text({ keys: [okp, jwt] }))
    expect(read.ok && read.value.jwtKeys).toMatchObject({
      keys: [{ kid: 'a' }],
      ignored: [{ clause: 'rfc7517-4.4-alg' }],
    })
  })

  test.each([
    [0, 60],
    [59, 60],
    [60, 60],
    [3600, 3600],
    [3601, 3600],
  ])('with a hint of %d s is read again after %d s', (hint, expected) => {
    const read = readSpiffeBundle(text({ keys: [], spiffe_refresh_hint: hint }))
    expect(read.ok && read.value.refreshHint).toBe(expected)
  })

  test.each(['0', '1', '9007199254740993', '18446744073709551615'])('has the sequence %s exactly', (sequence) => {
    const read = readSpiffeBundle(numbered(sequence))
    expect(read.ok && read.value.sequence).toBe(BigInt(sequence))
  })
})

/** What is refused, its clause, and the bundle that differs in that alone. */
const refused: readonly (readonly [string, string, string, string])[] = [
  ['2^64', numbered('18446744073709551616'), numbered('18446744073709551615'), spiffeBundleClauses.sequence],
  [
    'a sequence of 21 digits',
    numbered('100000000000000000000'),
    numbered('10000000000000000000'),
    spiffeBundleClauses.sequence,
  ],
  ['a sequence with a leading zero', numbered('01'), numbered('1'), spiffeBundleClauses.sequence],
  ['a negative sequence', numbered('-1'), numbered('1'), spiffeBundleClauses.sequence],
  ['a sequence with a fraction', numbered('1.5'), numbered('1'), spiffeBundleClauses.sequence],
  ['a sequence as text', numbered('"1"'), numbered('1'), spiffeBundleClauses.sequence],
  ['a null sequence', numbered('null'), numbered('1'), spiffeBundleClauses.sequence],
  ['two sequences', numbered('1,"spiffe_sequence":2'), numbered('1'), jsonClauses.duplicate],
  ['two lists of keys', '{"keys":[],"keys":[]}', '{"keys":[]}', jsonClauses.duplicate],
  ['a member twice in a key', '{"keys":[{"use":"a","use":"b"}]}', '{"keys":[{"use":"b"}]}', jsonClauses.duplicate],
  ['no list of keys', '{}', '{"keys":[]}', readKeySetClauses.shape],
  ['keys that are no list', '{"keys":{}}', '{"keys":[]}', readKeySetClauses.shape],
  ['a list', '[]', '{"keys":[]}', readKeySetClauses.shape],
  ['what is not JSON', '{"keys":[],}', '{"keys":[]}', jsonClauses.syntax],
  ['nothing', '', '{"keys":[]}', jsonClauses.syntax],
  ['a key that is no object', '{"keys":[null]}', '{"keys":[{}]}', spiffeBundleClauses.key],
  [
    'a hint with a fraction',
    '{"keys":[],"spiffe_refresh_hint":60.5}',
    '{"keys":[],"spiffe_refresh_hint":60}',
    spiffeBundleClauses.refreshHint,
  ],
  [
    'a negative hint',
    '{"keys":[],"spiffe_refresh_hint":-1}',
    '{"keys":[],"spiffe_refresh_hint":1}',
    spiffeBundleClauses.refreshHint,
  ],
  [
    'a hint as text',
    '{"keys":[],"spiffe_refresh_hint":"60"}',
    '{"keys":[],"spiffe_refresh_hint":60}',
    spiffeBundleClauses.refreshHint,
  ],
  ['a JWT key without a kid', text({ keys: [keyless] }), text({ keys: [jwt] }), spiffeBundleClauses.jwtKid],
  [
    'a JWT key with an empty kid',
    text({ keys: [{ ...jwt, kid: '' }] }),
    text({ keys: [jwt] }),
    spiffeBundleClauses.jwtKid,
  ],
  [
    'two JWT keys of one kid',
    text({ keys: [jwt, createTestKey('a', use).jwk] }),
    text({ keys: [jwt, createTestKey('b', use).jwk] }),
    'rfc7517-4.5-duplicate-kid',
  ],
  ['a private key', text({ keys: [{ ...jwt, d: 'AA' }] }), text({ keys: [jwt] }), 'rfc7517-9.3-secret-in-set'],
  [
    'an authority without x5c',
    text({ keys: [{ ...x509, x5c: undefined }] }),
    text({ keys: [x509] }),
    spiffeBundleClauses.x5c,
  ],
  [
    'an authority with an empty x5c',
    text({ keys: [{ ...x509, x5c: [] }] }),
    text({ keys: [x509] }),
    spiffeBundleClauses.x5c,
  ],
  [
    'an authority of no bytes',
    text({ keys: [{ ...x509, x5c: [''] }] }),
    text({ keys: [x509] }),
    spiffeBundleClauses.x5c,
  ],
  [
    'an authority in base64url',
    text({ keys: [{ ...x509, x5c: ['-_-_'] }] }),
    text({ keys: [{ ...x509, x5c: ['+/+/'] }] }),
    spiffeBundleClauses.x5c,
  ],
  [
    'an authority with a line break',
    text({ keys: [{ ...x509, x5c: ['MAMC\nAQE='] }] }),
    text({ keys: [x509] }),
    spiffeBundleClauses.x5c,
  ],
]

describe('refuses', () => {
  test.each(refused)('%s', async (_, defect, twin, clause) => {
    await refusesOnly(readSpiffeBundle, twin, defect, { code: 'TRUST_UNAVAILABLE', clause })
  })
})
