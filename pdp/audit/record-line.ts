import type { AuditRecord, DecisionRecord } from '../core/record.ts'
import { toRfc3339 } from '../core/time.ts'
import { decisionBody } from './decision-body.ts'
import { inOrder } from './event-schema.ts'
import { fitBody } from './fit-body.ts'
import { maximumBodyBytes } from './line-size.ts'
import { isSecretName, maskBody } from './mask.ts'

/**
 * The line of a record: one JSON object in UTF-8, at most {@link maximumLineBytes} with the line end that is not part of
 * the answer. Members stand in a fixed order, so that equal records are equal bytes; `record-schema.ts` is their form.
 */
export const recordLine = (record: AuditRecord, seq: number): string => lineOf(record.kind, seq, recordBody(record))

/** Puts `v`, `kind` and `seq` before a body: a record gets its number only when it is about to be written. */
export const lineOf = (kind: AuditRecord['kind'], seq: number, body: string): string =>
  `${headOf(kind, seq)},${body.slice(1)}`

/** What stands in a line before its body, of which a comma then takes the place of the brace. */
export const headOf = (kind: AuditRecord['kind'], seq: number): string => `{"v":1,"kind":"${kind}","seq":${seq}`

/**
 * What a line says after its number, as an object of its own: masked, then cut to fit. Throws for a record that a faulty
 * part made of no JSON values; such a record cannot be written.
 */
export function recordBody(record: AuditRecord): string {
  const { id, at } = record
  const ts = toRfc3339(at)
  if (record.kind === 'decision')
    return fitBody(maskBody(decisionBody(record, ts), mayHaveSecretNames(record)), maximumBodyBytes)
  const members = { id, ts, facts: inOrder(record.kind, record.facts), demo: record.demo }
  return fitBody(maskBody(JSON.stringify(members), false), maximumBodyBytes)
}

/** Names that are not the log's own: of attested facts, and of what stands in obligations. */
function mayHaveSecretNames({ attested, questions, subject }: DecisionRecord): boolean {
  if (subject?.credentials.some(({ claims }) => claims !== undefined)) return true
  for (const name in attested) if (isSecretName(name)) return true
  return questions.some(({ obligations }) => obligations !== undefined && obligations.length > 0)
}
