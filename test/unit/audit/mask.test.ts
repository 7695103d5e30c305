import { describe, expect, test } from 'vitest'
import { recordLine } from '../../../pdp/audit/record-line.ts'
import { lineSchema } from '../../../pdp/audit/record-schema.ts'
import type { JsonValue } from '../../../pdp/core/json.ts'
import type { AuditRecord } from '../../../pdp/core/record.ts'
import { decisionRecord, sampleBundle, startRecord } from './sample-records.ts'

const segment = (text: string) => Buffer.from(text).toString('base64url')
const signature = 'c2lnbmF0dXJlLU1BUktFRC1zZWNyZXQ'
const token = `${segment('{"alg":"ES256","typ":"JWT"}')}.${segment('{"sub":"MARKED"}')}.${signature}`
const encrypted = `${segment('{"alg":"dir","enc":"A256GCM"}')}..aXY.${signature}.dGFn`

/** Where a secret could get into a record, were a part at fault. */
const places: readonly (readonly [string, (secret: string) => AuditRecord])[] = [
  ['detail', (secret) => decisionRecord(1, { detail: `not valid: ${secret} (end)` })],
  ['path', (secret) => decisionRecord(1, { request: { method: 'GET', host: 'h', path: `/?t=${secret}` } })],
  ['percent-encoded neighbour', (secret) => decisionRecord(1, { askId: `Bearer%20${secret}` })],
  ['attested value', (secret) => decisionRecord(1, { attested: { namespace: secret } })],
  ['attested name', (secret) => decisionRecord(1, { attested: { [secret]: 'x' } })],
  ['fact of an event', (secret) => startRecord(1, { bundles: [{ ...sampleBundle, name: `a ${secret}` }] })],
]

describe('token-shaped text', () => {
  for (const [shape, secret] of [
    ['signed', token],
    ['signed, its end cut off', token.slice(0, -signature.length + 4)],
    ['encrypted', encrypted],
    ['two in a row', `${token} ${token}`],
  ] as const) {
    test.for(places)(`${shape}, in %s, is masked`, ([, make]) => {
      const harmless = recordLine(make('harmless text'), 0)
      expect(harmless).toContain('harmless text')
      expect(harmless).not.toContain('masked')
      const line = recordLine(make(secret), 0)
      expect(line).not.toContain('eyJ')
      expect(line).not.toContain(signature.slice(0, 4))
      expect(line).toContain('[masked]')
      expect(lineSchema.parse(JSON.parse(line))).toMatchObject({ masked: true })
    })
  }

  test('a thumbprint that has the same letters is none', () => {
    const record = decisionRecord(1, { detail: 'key eyJ4cOCORZNYyDWpqq30jZyJGHTN0d2HglBV3uiguA4I' })
    expect(recordLine(record, 0)).not.toContain('masked')
  })
})

describe('members that hold secrets', () => {
  const secret = 'MARKED-secret-value'
  const names = ['authorization', 'Authorization', 'DPoP', 'cookie', 'Set-Cookie', 'client_secret', 'password']

  const records = (name: string, value: JsonValue): readonly AuditRecord[] => {
    const obligations = [{ id: 'o', type: 't', properties: { keep: 'kept', [name]: value } }]
    const questions = decisionRecord(1).questions.map((question) => ({ ...question, obligations }))
    return [
      decisionRecord(1, { questions }),
      decisionRecord(1, { attested: { keep: 'kept', [name]: JSON.stringify(value) } }),
    ]
  }
  const values: readonly JsonValue[] = [secret, [secret], { value: secret, more: [secret] }, `"${secret}\\`]

  test.for(names)('%s is masked wherever it stands', (name) => {
    for (const value of values) {
      for (const twin of records('another_name', value)) {
        expect(recordLine(twin, 0)).toContain(secret)
        expect(recordLine(twin, 0)).not.toContain('masked')
      }
      for (const record of records(name, value)) {
        const line = recordLine(record, 0)
        expect(line).not.toContain(secret)
        expect(line).toContain('kept')
        expect(lineSchema.parse(JSON.parse(line))).toMatchObject({ masked: true })
      }
    }
  })

  test('the same value under another name stays', () => {
    expect(recordLine(decisionRecord(1, { attested: { authorization_server: secret, other: secret } }), 0)).toContain(
      secret,
    )
  })

  test('a text that only looks like a member stays', () => {
    const line = recordLine(decisionRecord(1, { detail: '{"authorization":"x"}' }), 0)
    expect(line).not.toContain('masked')
  })

  test('masking comes before cutting: no cut leaves part of a token', () => {
    for (const before of [32_000, 4090, 1020, 250, 60, 40]) {
      const detail = `${'x'.repeat(before)} ${token} ${'x'.repeat(40_000)}`
      const line = recordLine(decisionRecord(1, { detail }), 0)
      expect(line).not.toContain('eyJ')
      expect(lineSchema.parse(JSON.parse(line))).toMatchObject({ trunc: ['detail'], masked: true })
    }
  })
})
