import { expect, test } from 'vitest'
import { policyInputJsonSchema, policyInputSchema, schemaMatchesType } from '../../../pdp/policy/input-schema.ts'
import { inputWith } from './test-policy.ts'

const document = {
  ...inputWith({ a: [1, null, { b: true }] }),
  subject: {
    id: 'spiffe://prod.example/a',
    issuer: 'spiffe://prod.example',
    methods: ['jwt-svid'],
    assurance: {
      level: 2,
      possession: 'request',
      audience_bound: true,
      single_use: true,
      attested: true,
      lifetime_s: 300,
      age_s: 1,
    },
  },
  verified: [
    { method: 'jwt-svid', issuer: 'spiffe://prod.example', claims: { sub: 'x' }, expires_at: '2026-03-02T12:05:00Z' },
  ],
  time: { now_ns: 1772458200000000000 },
}

test('accepts the document of an input', () => {
  expect(policyInputSchema.safeParse(document).success).toBe(true)
})

test.for([
  ['an unknown member', { ...document, extra: 1 }],
  ['a claim beside the verified ones', { ...document, subject: { ...document.subject, claims: {} } }],
  [
    'a level beyond 4',
    { ...document, subject: { ...document.subject, assurance: { ...document.subject.assurance, level: 5 } } },
  ],
  ['no time', { ...document, time: undefined }],
  ['time as text', { ...document, time: { now_ns: '1' } }],
  ['a fact that is no text', { ...document, attested: { environment: 1 } }],
  ['a member that is there and undefined', { ...document, action: undefined }],
])('refuses %s', ([, value]) => {
  expect(policyInputSchema.safeParse(value).success).toBe(false)
})

test('is published as JSON Schema', () => {
  const schema = policyInputJsonSchema()
  expect(schema).toMatchObject({ type: 'object', additionalProperties: false })
  expect(schema.properties?.['time']).toMatchObject({ properties: { now_ns: { type: 'integer' } } })
  expect(JSON.stringify(schema)).not.toContain('readOnly')
})

test('says what the type says', () => {
  expect(schemaMatchesType).toBe(true) // false would not have compiled
})
