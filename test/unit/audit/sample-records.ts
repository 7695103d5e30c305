import type { Clause } from '../../../pdp/core/clause.ts'
import { sha256 } from '../../../pdp/core/digest.ts'
import type { DecisionId } from '../../../pdp/core/frame.ts'
import type { EventFacts, EventKind, EventOf, EventRecord } from '../../../pdp/core/event-record.ts'
import type { DecisionRecord } from '../../../pdp/core/record.ts'
import { instant } from '../../../pdp/core/time.ts'

const began = instant(1_760_000_000_000)

/** The n-th id: a UUIDv7 in form. */
export const idOf = (n: number): DecisionId =>
  `0199c1a0-0000-7000-8000-${n.toString(16).padStart(12, '0')}` as DecisionId // tests stand in for the maker of ids

/** A clause that no file declares. */
export const clauseOf = (text: string): Clause => text as Clause

let stamps = 0xffff_ffff

/** Id and time of what the log says of its own accord; each id once. */
export const stamp = () => ({ id: idOf(stamps--), at: began })

/** A decision with every member. */
export function decisionRecord(n: number, more: Partial<DecisionRecord> = {}): DecisionRecord {
  return {
    kind: 'decision',
    id: idOf(n),
    at: instant(began + n),
    door: 'authorize',
    pep: 'orders-api',
    pepAuth: { kind: 'spiffe', id: 'spiffe://prod.example/gateway', address: '10.0.0.7' },
    trace: { id: '0af7651916cd43dd8448eb211c80319c', parent: 'b7ad6b7169203331', sampled: true },
    askId: 'retry-1',
    service: 'orders',
    effect: 'allow',
    code: 'ALLOWED',
    clause: clauseOf('decision-allowed'),
    detail: 'allowed',
    subject: {
      issuer: 'prod.example',
      id: 'spiffe://prod.example/ns/payments/sa/api',
      methods: ['jwt-svid', 'dpop'],
      assurance: {
        level: 3,
        possession: 'request',
        audience_bound: true,
        single_use: true,
        attested: true,
        lifetime_s: 300,
        age_s: 12,
      },
      credentials: [
        {
          method: 'jwt-svid',
          issuer: 'prod.example',
          expires_at: '2025-10-09T08:58:20.000Z',
          key_thumbprint: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
          jti_sha256: sha256('jti-1'),
          kid_sha256: sha256('kid-1'),
          trust_age_s: 42,
        },
      ],
    },
    attested: { environment: 'production', namespace: 'payments' },
    delegation: [{ issuer: 'https://login.example.org', id: 'https://login.example.org#alice' }],
    questions: [
      {
        action: 'read',
        resource: { type: 'order', id: '42' },
        code: 'ALLOWED',
        clause: clauseOf('decision-allowed'),
        reasons: [{ code: 'owner', message: 'is the owner' }],
        obligations: [{ id: 'o1', type: 'filter', properties: { rows: ['own'], limit: 10 } }],
        cache: 'hit-l1',
        filledBy: idOf(7),
        inputSha256: sha256('input'),
      },
    ],
    request: { method: 'GET', host: 'orders.example.org', path: '/orders/42' },
    policy: { bundle: 'orders', revision: '7', digest: 'a'.repeat(64) },
    builtins: [
      { name: 'time.now_ns', operands: [], answer: '1760000000000000000' },
      { name: 'rand.intn', operands: ['"n"', '0'] },
    ],
    payloadSha256: sha256('payload'),
    degraded: ['redis', 'tree'],
    spent: { began: 1_000_251, identity: 210, policy: 34, total: 251 },
    ...more,
  }
}

/** A deny before the caller was known: only the members that every decision has. */
export const bareRecord = (n: number): DecisionRecord => ({
  kind: 'decision',
  id: idOf(n),
  at: instant(began + n),
  door: 'authorize',
  pep: 'orders-api',
  service: 'orders',
  effect: 'deny',
  code: 'INTERNAL',
  clause: clauseOf('decision-fault'),
  detail: 'a part failed: TypeError',
  error: true,
  questions: [{ code: 'INTERNAL', clause: clauseOf('decision-fault') }],
})

export const sampleBundle = { name: 'orders', revision: '7', digest: 'a'.repeat(64), signed: true }

export const startFacts: EventFacts['start'] = {
  version: '0.1.0',
  node: '24.0.0',
  mode: 'written',
  config: 'c'.repeat(64),
  bundles: [sampleBundle],
}

export const startRecord = (n: number, more: Partial<EventFacts['start']> = {}): EventOf<'start'> => ({
  kind: 'start',
  id: idOf(n),
  at: instant(began + n),
  facts: { ...startFacts, ...more },
})

const times = { from: '2026-01-02T03:04:05.000Z', to: '2026-01-02T03:05:05.000Z' }

/** Facts of every kind, with every member. */
export const sampleFacts: EventFacts = {
  start: { ...startFacts, log: 'host.example/audit/0+00000000+AAAA' },
  stop: {},
  bundle: {
    act: 'activated',
    ...sampleBundle,
    signer: 'key-1',
    sequence: 3,
    previous: 'b'.repeat(64),
    clause: 'bundle-signed',
    reason: 'asked for',
    mode: 'canary',
    share: 0.1,
    operator: 'alice',
    decision: '0197',
    difference: 'allow→deny',
    compared: 3,
    differences: 1,
    errors: 0,
  },
  config: { outcome: 'applied', digest: 'c'.repeat(64), bundles: [sampleBundle], reason: 'asked for' },
  key: {
    act: 'replaced',
    purpose: 'audit-log',
    id: '1',
    client: 'billing',
    vkey: 'new',
    previous: 'old',
    endorsement: 'note',
  },
  revocation: {
    act: 'revoked',
    change: '0197',
    by: 'fact',
    issuer: 'prod.example',
    name: 'pod',
    id: '42',
    not_before: times.from,
    until: times.to,
    reason: 'stolen',
    operator: 'alice',
    from: 'fleet',
  },
  admin: { act: 'try-log', operator: 'alice', outcome: 'done', target: 'log', detail: 'by hand' },
  gap: {
    reason: 'not-written',
    records: 3,
    allows: 1,
    denies: 1,
    events: 1,
    codes: { ALLOWED: 1, EXPIRED: 1 },
    ...times,
    bytes: 10,
    kept: 'file',
    sha256: 'd'.repeat(64),
  },
  aggregate: { of: 'denies', source: 'orders-api', count: 2, codes: { EXPIRED: 2 }, ...times, samples: [idOf(1)] },
}

/** A record of any kind but a decision. */
export const eventRecord = (kind: EventKind, n: number): EventRecord =>
  ({ kind, id: idOf(n), at: instant(began + n), facts: sampleFacts[kind] }) as EventRecord // facts are of the kind
