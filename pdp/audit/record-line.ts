import type { AuditRecord, DecisionRecord, RecordedQuestion } from '../core/record.ts'
import { toRfc3339 } from '../core/time.ts'
import { inOrder } from './event-schema.ts'
import { fitBody } from './fit-body.ts'
import { isSecretName, maskBody } from './mask.ts'

/** The most bytes that a line of the log has, with its line end. */
export const maximumLineBytes = 32 * 1024

/** The most bytes of what a line says after its number. */
export const maximumBodyBytes = maximumLineBytes - 64 // `{"v":1,"kind":"revocation","seq":9007199254740991,` and the line end

/**
 * The line of a record: one JSON object in UTF-8, at most {@link maximumLineBytes} with the line end that is not part of
 * the answer. Members stand in a fixed order, so that equal records are equal bytes; `record-schema.ts` is their form.
 */
export const recordLine = (record: AuditRecord, seq: number): string => lineOf(record.kind, seq, recordBody(record))

/** Puts `v`, `kind` and `seq` before a body: a record gets its number only when it is about to be written. */
export const lineOf = (kind: AuditRecord['kind'], seq: number, body: string): string =>
  `{"v":1,"kind":"${kind}","seq":${seq},${body.slice(1)}`

/**
 * What a line says after its number, as an object of its own: masked, then cut to fit. Throws for a record that a faulty
 * part made of no JSON values; such a record cannot be written.
 */
export function recordBody(record: AuditRecord): string {
  const { id, at } = record
  const ts = toRfc3339(at)
  const members =
    record.kind === 'decision'
      ? decisionMembers(record, ts)
      : { id, ts, facts: inOrder(record.kind, record.facts), demo: record.demo }
  const foreign = record.kind === 'decision' && mayHaveSecretNames(record)
  return fitBody(maskBody(JSON.stringify(members), foreign), maximumBodyBytes)
}

/** Names that are not the log's own: of attested facts, and of what stands in obligations. */
function mayHaveSecretNames({ attested, questions, subject }: DecisionRecord): boolean {
  if (subject?.credentials.some(({ claims }) => claims !== undefined)) return true
  for (const name in attested) if (isSecretName(name)) return true
  return questions.some(({ obligations }) => obligations !== undefined && obligations.length > 0)
}

// Objects built in the order of the line, for one JSON.stringify, which on Node 24 is faster than joining quoted texts.
// What is undefined is no member of the line.
function decisionMembers(record: DecisionRecord, ts: string) {
  const { askId, subject, delegation, request, policy, spent } = record
  return {
    id: record.id,
    ts,
    door: record.door,
    pep: record.pep,
    pep_auth: record.pepAuth && { kind: record.pepAuth.kind, id: record.pepAuth.id },
    trace: record.trace && { id: record.trace.id, parent: record.trace.parent },
    ask_id: askId,
    service: record.service,
    dialect: record.dialect,
    authn: record.authn,
    credentials_exposed: record.credentialsExposed,
    effect: record.effect,
    code: record.code,
    clause: record.clause,
    detail: record.detail,
    error: record.error,
    subject: subject && subjectMembers(subject),
    attested: record.attested,
    delegation: delegation?.map(({ issuer, id }) => ({ issuer, id })),
    questions: record.questions.map(questionMembers),
    request: request && { method: request.method, host: request.host, path: request.path },
    policy: policy && { bundle: policy.bundle, revision: policy.revision, digest: policy.digest },
    builtins: record.builtins?.map(({ name, operands, answer }) => ({ name, operands, answer })),
    dry_run: record.dryRun,
    payload_sha256: record.payloadSha256,
    degraded: record.degraded,
    us: spent && { identity: spent.identity, policy: spent.policy, total: spent.total },
    demo: record.demo,
  }
}

function subjectMembers({ issuer, id, methods, assurance, credentials }: NonNullable<DecisionRecord['subject']>) {
  const { level, possession, audience_bound, single_use, attested, lifetime_s, age_s } = assurance
  return {
    issuer,
    id,
    methods,
    assurance: { level, possession, audience_bound, single_use, attested, lifetime_s, age_s },
    credentials: credentials.map(
      ({ method, issuer, expires_at, key_thumbprint, via, jti_sha256, kid_sha256, trust_age_s, claims }) => ({
        method,
        issuer,
        expires_at,
        key_thumbprint,
        via,
        jti_sha256,
        kid_sha256,
        trust_age_s,
        claims,
      }),
    ),
  }
}

const questionMembers = ({
  action,
  resource,
  code,
  clause,
  reasons,
  obligations,
  cache,
  filledBy,
  inputSha256,
}: RecordedQuestion) => ({
  code,
  clause,
  action,
  resource: resource && { type: resource.type, id: resource.id },
  reasons: reasons?.map(({ code, message }) => ({ code, message })),
  obligations: obligations?.map(({ id, type, properties }) => ({ id, type, properties })),
  cache,
  filled_by: filledBy,
  input_sha256: inputSha256,
})
