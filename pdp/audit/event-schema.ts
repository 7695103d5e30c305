import { z } from 'zod'
import { codeNames } from './code-names.ts'
import type { EventFacts, EventKind } from '../core/event-record.ts'

const text = z.string()
const whole = z.int().nonnegative()
const counts = z.partialRecord(z.enum(codeNames), whole)

const bundles = z.array(z.strictObject({ name: text, revision: text, digest: text, signed: z.boolean() }))

/** The form of the member `facts`, by the kind of the record. Members stand in a line in the order that they have here. */
export const eventFacts = {
  start: z.strictObject({
    version: text,
    node: text,
    mode: z.enum(['memory', 'written', 'synced']),
    config: text,
    bundles,
    log: text.optional(),
  }),
  stop: z.strictObject({}),
  bundle: z.strictObject({
    act: z.enum(['activated', 'refused', 'candidate', 'differs', 'rolled-back']),
    name: text,
    revision: text.optional(),
    digest: text.optional(),
    signed: z.boolean().optional(),
    signer: text.optional(),
    sequence: z.int().min(1).optional(),
    previous: text.optional(),
    clause: text.optional(),
    reason: text.optional(),
    mode: z.enum(['shadow', 'canary']).optional(),
    share: z.number().min(0).max(1).optional(),
    operator: text.optional(),
    decision: text.optional(),
    difference: text.optional(),
    compared: whole.optional(),
    differences: whole.optional(),
    errors: whole.optional(),
  }),
  config: z.strictObject({
    outcome: z.enum(['applied', 'kept']),
    digest: text,
    bundles: bundles.optional(),
    reason: text.optional(),
  }),
  key: z.strictObject({
    act: z.enum(['made', 'replaced', 'retired', 'registered', 'changed', 'revoked', 'removed']),
    purpose: text,
    id: text.optional(),
    client: text.optional(),
    vkey: text.optional(),
    previous: text.optional(),
    endorsement: text.optional(),
  }),
  revocation: z.strictObject({
    act: z.enum(['revoked', 'restored']),
    change: text,
    by: z.enum(['subject', 'subject-prefix', 'jti', 'key-id', 'serial', 'key-thumbprint', 'trust-domain', 'fact']),
    issuer: text.optional(),
    name: text.optional(),
    id: text,
    not_before: text.optional(),
    until: text.optional(),
    reason: text,
    operator: text.optional(),
    from: text.optional(),
  }),
  admin: z.strictObject({
    act: text,
    operator: text.optional(),
    outcome: z.enum(['done', 'refused']).optional(),
    target: text.optional(),
    detail: text.optional(),
  }),
  gap: z.strictObject({
    reason: z.enum(['torn-line', 'damaged-end', 'not-written', 'not-kept']),
    records: whole.optional(),
    allows: whole.optional(),
    denies: whole.optional(),
    events: whole.optional(),
    codes: counts.optional(),
    from: text.optional(),
    to: text.optional(),
    bytes: whole.optional(),
    kept: text.optional(),
    sha256: text.optional(),
  }),
  aggregate: z.strictObject({
    of: z.enum(['requests', 'denies']),
    source: text.optional(),
    count: whole,
    codes: counts,
    from: text,
    to: text,
    samples: z.array(text).optional(),
  }),
} as const satisfies Record<EventKind, z.ZodObject>

/** All kinds of records that tell of no decision. */
export const eventKinds = Object.keys(eventFacts) as EventKind[] // the keys of the table above

/** The facts of a record in the order of their schema, so that equal records are equal bytes. Others are left out. */
export function inOrder<Kind extends EventKind>(kind: Kind, facts: EventFacts[Kind]): object {
  return ordered(eventFacts[kind], facts)
}

function ordered(schema: z.ZodType, value: unknown): object {
  if (!(schema instanceof z.ZodObject) || typeof value !== 'object' || value === null) throw new TypeError('no facts')
  const members = value as Readonly<Record<string, unknown>> // what a faulty part handed over is judged by JSON.stringify
  return Object.fromEntries(
    Object.entries(schema.shape).map(([name, inner]) => [name, orderedMember(inner, members[name])]),
  )
}

function orderedMember(schema: unknown, value: unknown): unknown {
  const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema
  if (inner instanceof z.ZodArray && inner.element instanceof z.ZodObject && Array.isArray(value)) {
    const { element } = inner
    return value.map((item) => ordered(element, item))
  }
  return value
}
