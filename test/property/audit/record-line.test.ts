import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maximumLineBytes } from '../../../pdp/audit/line-size.ts'
import { recordLine } from '../../../pdp/audit/record-line.ts'
import { eventKinds } from '../../../pdp/audit/event-schema.ts'
import { lineSchema } from '../../../pdp/audit/record-schema.ts'
import { type Code, codes } from '../../../pdp/core/codes.ts'
import type { Digest } from '../../../pdp/core/digest.ts'
import type { JsonObject } from '../../../pdp/core/json.ts'
import { type AuditRecord, type DecisionRecord, type RecordedBuiltinAnswer } from '../../../pdp/core/record.ts'
import type { EventFacts, EventRecord } from '../../../pdp/core/event-record.ts'
import { instant } from '../../../pdp/core/time.ts'
import { clauseOf, idOf } from '../../unit/audit/sample-records.ts'

// Whatever the parts of a decision hand over, its line is one line of the published form.

const runs = { numRuns: 400, seed: 20_251_009 }

// every UTF-16 unit, lone surrogates and control characters too, now and then a lot of it
const unit = fc.integer({ min: 0, max: 0xffff }).map((n) => String.fromCharCode(n))
const words = fc.constantFrom(
  'orders',
  'spiffe://prod.example/a',
  '"}\n{"v":1',
  '\\',
  '\u2028',
  '',
  '__proto__',
  'eyJ',
  '1',
)
const text = fc.oneof(
  { weight: 8, arbitrary: words },
  { weight: 4, arbitrary: fc.string({ unit, maxLength: 20 }) },
  { weight: 1, arbitrary: fc.string({ unit, minLength: 2000, maxLength: 9000 }) },
)
const code = fc.constantFrom(...(Object.keys(codes) as Code[])) // the keys of the table of codes
const clause = text.map(clauseOf)
const digest = text.map((it) => it as Digest) // of any form
const id = fc.nat().map(idOf)
const at = fc.integer({ min: 0, max: 4_000_000_000_000 }).map(instant)
const measure = fc.oneof(fc.integer(), fc.double())
const names = fc.dictionary(text, text, { maxKeys: 6 })
const json = fc.dictionary(text, fc.jsonValue({ maxDepth: 4 }), { maxKeys: 5 }).map((object) => object as JsonObject) // what jsonValue makes is JSON

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const few = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { maxLength: 5 })

/** Members that are undefined are left out, as records have them. */
function recordOf<T extends object>(model: { [K in keyof T]-?: fc.Arbitrary<T[K] | undefined> }): fc.Arbitrary<T> {
  // fast-check's own type of a model does not take a generic one; what comes out has the members of T
  const members = model as Readonly<Record<string, fc.Arbitrary<unknown>>>
  return fc
    .record(members)
    .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as T)
}

const subject = fc.record({
  issuer: text,
  id: text,
  methods: few(text),
  assurance: fc.record({
    level: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const, 4 as const),
    possession: fc.constantFrom('none' as const, 'request' as const, 'channel' as const, 'hardware' as const),
    audience_bound: fc.boolean(),
    single_use: fc.boolean(),
    attested: fc.boolean(),
    lifetime_s: measure,
    age_s: measure,
  }),
  credentials: few(
    recordOf<NonNullable<DecisionRecord['subject']>['credentials'][number]>({
      method: text,
      issuer: text,
      expires_at: text,
      key_thumbprint: optional(text),
      jti_sha256: optional(digest),
      kid_sha256: optional(digest),
      trust_age_s: optional(fc.nat()),
      claims: optional(json),
      via: optional(text),
    }),
  ),
})

const question = recordOf<DecisionRecord['questions'][number]>({
  action: optional(text),
  resource: optional(recordOf<{ type?: string; id?: string }>({ type: optional(text), id: optional(text) })),
  code,
  clause,
  reasons: optional(few(fc.record({ code: text, message: text }))),
  obligations: optional(few(fc.record({ id: text, type: text, properties: json }))),
  cache: optional(fc.constantFrom('hit-l1' as const, 'hit-l2' as const, 'miss' as const, 'bypass' as const)),
  filledBy: optional(id),
  inputSha256: optional(digest),
})

const decision = recordOf<DecisionRecord>({
  kind: fc.constant('decision' as const),
  id,
  at,
  door: text,
  pep: text,
  dialect: optional(fc.constant('opa-envoy' as const)),
  authn: optional(fc.constant('none' as const)),
  credentialsExposed: optional(fc.constant(true as const)),
  pepAuth: optional(
    recordOf<NonNullable<DecisionRecord['pepAuth']>>({
      kind: fc.constantFrom('spiffe' as const, 'none' as const),
      id: optional(text),
      address: optional(text),
    }),
  ),
  trace: optional(
    recordOf<NonNullable<DecisionRecord['trace']>>({
      id: text,
      parent: text,
      sampled: optional(fc.constant(true as const)),
    }),
  ),
  askId: optional(text),
  service: text,
  effect: fc.constantFrom('allow' as const, 'deny' as const),
  code,
  clause,
  detail: text,
  error: optional(fc.constant(true as const)),
  subject: optional(subject),
  attested: optional(names),
  delegation: optional(few(fc.record({ issuer: text, id: text }))),
  questions: few(question),
  request: optional(fc.record({ method: text, host: text, path: text })),
  policy: optional(fc.record({ bundle: text, revision: text, digest: text })),
  payloadSha256: optional(digest),
  degraded: optional(few(fc.constantFrom('redis' as const, 'disk' as const))),
  spent: optional(
    recordOf<NonNullable<DecisionRecord['spent']>>({
      began: optional(fc.nat()),
      identity: optional(fc.nat()),
      policy: optional(fc.nat()),
      total: fc.nat(),
    }),
  ),
  builtins: optional(few(recordOf<RecordedBuiltinAnswer>({ name: text, operands: few(text), answer: optional(text) }))),
  dryRun: optional(fc.constant(true as const)),
  demo: optional(fc.constant(true as const)),
})

const bool = fc.boolean()
const count = fc.nat()
const counts = fc.dictionary(code, count, { maxKeys: 5 }) as fc.Arbitrary<NonNullable<EventFacts['gap']['codes']>> // by its keys
const bundles = few(fc.record({ name: text, revision: text, digest: text, signed: bool }))
const facts: { readonly [Kind in keyof EventFacts]: fc.Arbitrary<EventFacts[Kind]> } = {
  start: recordOf<EventFacts['start']>({
    version: text,
    node: text,
    mode: fc.constantFrom('memory', 'written', 'synced'),
    config: text,
    bundles,
    log: optional(text),
  }),
  stop: fc.constant({}),
  bundle: recordOf<EventFacts['bundle']>({
    act: fc.constantFrom('activated', 'refused', 'candidate', 'differs', 'rolled-back'),
    name: text,
    revision: optional(text),
    digest: optional(text),
    signed: optional(bool),
    signer: optional(text),
    sequence: optional(fc.integer({ min: 1 })),
    previous: optional(text),
    clause: optional(text),
    reason: optional(text),
    mode: optional(fc.constantFrom('shadow', 'canary')),
    share: optional(fc.constantFrom(0, 0.1, 1)),
    operator: optional(text),
    decision: optional(text),
    difference: optional(text),
    compared: optional(fc.nat()),
    differences: optional(fc.nat()),
    errors: optional(fc.nat()),
  }),
  config: recordOf<EventFacts['config']>({
    outcome: fc.constantFrom('applied', 'kept'),
    digest: text,
    bundles: optional(bundles),
    reason: optional(text),
  }),
  key: recordOf<EventFacts['key']>({
    act: fc.constantFrom('made', 'replaced', 'retired', 'registered', 'changed', 'revoked', 'removed'),
    purpose: text,
    id: optional(text),
    client: optional(text),
    vkey: optional(text),
    previous: optional(text),
    endorsement: optional(text),
  }),
  revocation: recordOf<EventFacts['revocation']>({
    act: fc.constantFrom('revoked', 'restored'),
    change: text,
    by: fc.constantFrom('subject', 'jti', 'fact'),
    issuer: optional(text),
    name: optional(text),
    id: text,
    not_before: optional(text),
    until: optional(text),
    reason: text,
    operator: optional(text),
    from: optional(text),
  }),
  admin: recordOf<EventFacts['admin']>({
    act: text,
    operator: optional(text),
    outcome: optional(fc.constantFrom('done', 'refused')),
    target: optional(text),
    detail: optional(text),
  }),
  gap: recordOf<EventFacts['gap']>({
    reason: fc.constantFrom('torn-line', 'damaged-end', 'not-written', 'not-kept'),
    records: optional(count),
    allows: optional(count),
    denies: optional(count),
    events: optional(count),
    codes: optional(counts),
    from: optional(text),
    to: optional(text),
    bytes: optional(count),
    kept: optional(text),
    sha256: optional(text),
  }),
  aggregate: recordOf<EventFacts['aggregate']>({
    of: fc.constantFrom('requests', 'denies'),
    source: optional(text),
    count,
    codes: counts,
    from: text,
    to: text,
    samples: optional(few(id)),
  }),
}
const event = fc.constantFrom(...eventKinds).chain(
  (kind) =>
    fc
      .record({ id, at, facts: facts[kind], demo: optional(fc.constant(true as const)) })
      .map(({ demo, ...rest }) => ({ kind, ...rest, ...(demo && { demo }) }) as EventRecord), // facts are of the kind
)
const record: fc.Arbitrary<AuditRecord> = fc.oneof({ weight: 4, arbitrary: decision }, { weight: 1, arbitrary: event })

const decisionOrder = [
  'v',
  'kind',
  'seq',
  'id',
  'ts',
  'door',
  'pep',
  'pep_auth',
  'trace',
  'ask_id',
  'service',
  'dialect',
  'authn',
  'credentials_exposed',
  'effect',
  'code',
  'clause',
  'detail',
  'error',
  'subject',
  'attested',
  'delegation',
  'questions',
  'request',
  'policy',
  'builtins',
  'dry_run',
  'payload_sha256',
  'degraded',
  'us',
  'facts',
  'demo',
]
const lineOrder = [...decisionOrder, 'masked', 'trunc', 'whole']

test('a line is one line, of the published form, in its order, within its size', () => {
  let cut = 0
  fc.assert(
    fc.property(record, fc.nat(), (record, seq) => {
      const line = recordLine(record, seq)
      expect(line).not.toMatch(/[\n\r]/)
      expect(line.isWellFormed()).toBe(true)
      expect(Buffer.byteLength(line) + 1).toBeLessThanOrEqual(maximumLineBytes)
      const parsed: unknown = JSON.parse(line)
      const { success, data, error } = lineSchema.safeParse(parsed)
      expect(success, error?.message).toBe(true)
      if (!line.includes('__proto__')) expect(JSON.stringify(data)).toBe(line) // the schema's order, at every depth
      const members = Object.keys(parsed as object) // the schema said that it is one
      expect(members).toEqual(lineOrder.filter((name) => members.includes(name)))
      expect(parsed).toMatchObject({ v: 1, kind: record.kind, seq, id: record.id })
      if (members.includes('trunc')) cut++
    }),
    runs,
  )
  console.log(`${cut} of ${runs.numRuns} lines were cut`)
  expect(cut).toBeGreaterThan(5)
})

test('what was neither masked nor cut is told in full', () => {
  fc.assert(
    fc.property(decision, (record) => {
      const line = JSON.parse(recordLine(record, 0)) as JsonObject // a line is an object
      fc.pre(!('masked' in line) && !('trunc' in line))
      const { detail, pep, service, effect, code, attested = {}, delegation = [], askId } = record
      expect(line).toMatchObject({ detail, pep, service, effect, code, ...(askId !== undefined && { ask_id: askId }) })
      expect(line['attested'] ?? {}).toEqual(attested)
      expect(line['delegation'] ?? []).toEqual(delegation)
      expect(line['questions']).toHaveLength(record.questions.length)
    }),
    runs,
  )
})

test('a secret planted anywhere in any text never reaches the line', () => {
  const secret = 'TUFSS0VE' // of a signature; the rest of the token is no secret by itself
  const token = `eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.${secret}c2lnbmF0dXJl`
  let planted = 0
  fc.assert(
    fc.property(record, fc.nat(), (record, where) => {
      const texts = JSON.stringify(record).match(/"orders"/g)?.length ?? 0
      fc.pre(texts > 0)
      let n = 0
      const at = where % texts
      // a record of the same shape, with the token in place of one of its texts
      const spoilt = JSON.parse(
        JSON.stringify(record).replace(/"orders"/g, (text) => (n++ === at ? `"x ${token}"` : text)),
      ) as AuditRecord
      expect(recordLine(spoilt, 0)).not.toContain(secret)
      planted++
    }),
    runs,
  )
  expect(planted).toBeGreaterThan(200)
})
