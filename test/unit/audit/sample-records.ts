import type { Clause } from '../../../pdp/core/clause.ts'
import type { DecisionId } from '../../../pdp/core/frame.ts'
import type { JsonObject } from '../../../pdp/core/json.ts'
import type { DecisionRecord, LifecycleRecord } from '../../../pdp/core/record.ts'
import { instant } from '../../../pdp/core/time.ts'

const began = instant(1_760_000_000_000)

/** The n-th id: a UUIDv7 in form. */
export const idOf = (n: number): DecisionId =>
  `0199c1a0-0000-7000-8000-${n.toString(16).padStart(12, '0')}` as DecisionId // tests stand in for the maker of ids

/** A clause that no file declares. */
export const clauseOf = (text: string): Clause => text as Clause

export const opening = { id: idOf(0xffff_ffff), at: began }

/** A decision with every member. */
export function decisionRecord(n: number, more: Partial<DecisionRecord> = {}): DecisionRecord {
  return {
    kind: 'decision',
    id: idOf(n),
    at: instant(began + n),
    door: 'authorize',
    pep: 'orders-api',
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
        cache: 'hit',
        filledBy: idOf(7),
      },
    ],
    request: { method: 'GET', host: 'orders.example.org', path: '/orders/42' },
    policy: { bundle: 'orders', revision: '7', digest: 'a'.repeat(64) },
    builtins: [
      { name: 'time.now_ns', operands: [], answer: '1760000000000000000' },
      { name: 'rand.intn', operands: ['"n"', '0'] },
    ],
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

export const startRecord = (n: number, facts: JsonObject = { version: '0.1.0' }): LifecycleRecord => ({
  kind: 'start',
  id: idOf(n),
  at: instant(began + n),
  facts,
})
