import type { DecisionRecord, RecordedQuestion } from '../core/record.ts'
import { listOf, namesText, number, quote, quoteKnown } from './json-text.ts'
import { rememberText } from './remember-text.ts'

/**
 * A decision as JSON text, in the order of `record-schema.ts`, which tests hold it to. Every decision is written, so this
 * goes member by member, and what comes again and again is made once: objects made in that order for `JSON.stringify` take
 * three times as long.
 */
export function decisionBody(record: DecisionRecord, ts: string): string {
  const { trace, askId, subject, attested, delegation, request, policy, builtins, spent } = record
  let out = `{"id":${quote(record.id)},"ts":"${ts}"${asker.textOf(record)}`
  if (trace) out += traceMember(trace)
  if (askId !== undefined) out += `,"ask_id":${quote(askId)}`
  out += outcome.textOf(record)
  if (subject) out += subjectMember(subject)
  if (attested) out += `,"attested":${namesText(attested)}`
  if (delegation) out += `,"delegation":${listOf(delegation, delegateText)}`
  out += `,"questions":${listOf(record.questions, questionText)}`
  if (request)
    out += `,"request":{"method":${quote(request.method)},"host":${quote(request.host)},"path":${quote(request.path)}}`
  if (policy) out += evaluated.textOf(policy)
  if (builtins) out += `,"builtins":${listOf(builtins, builtinText)}`
  if (record.dryRun) out += ',"dry_run":true'
  if (record.payloadSha256 !== undefined) out += `,"payload_sha256":${quote(record.payloadSha256)}`
  if (record.degraded) out += `,"degraded":${listOf(record.degraded, quoteKnown)}`
  if (spent) out += spentMember(spent)
  if (record.demo) out += ',"demo":true'
  return `${out}}`
}

type Part<Name extends keyof DecisionRecord> = NonNullable<DecisionRecord[Name]>

/** Through which door an enforcement point asked, and how it showed who it is. */
const asker = rememberText<DecisionRecord>({
  name: ({ pep }) => pep,
  values: ({ door, pep, pepAuth }) => [door, pep, pepAuth?.kind, pepAuth?.id, pepAuth?.address],
  text: ({ door, pep, pepAuth }) => {
    let out = `,"door":${quote(door)},"pep":${quote(pep)}`
    if (!pepAuth) return out
    out += `,"pep_auth":{"kind":${quote(pepAuth.kind)}`
    if (pepAuth.id !== undefined) out += `,"id":${quote(pepAuth.id)}`
    if (pepAuth.address !== undefined) out += `,"address":${quote(pepAuth.address)}`
    return `${out}}`
  },
})

/** What was decided for which service. */
const outcome = rememberText<DecisionRecord>({
  name: ({ clause }) => clause,
  values: ({ service, dialect, authn, credentialsExposed, effect, code, clause, detail, error }) => [
    service,
    dialect,
    authn,
    credentialsExposed,
    effect,
    code,
    clause,
    detail,
    error,
  ],
  text: ({ service, dialect, authn, credentialsExposed, effect, code, clause, detail, error }) => {
    let out = `,"service":${quote(service)}`
    if (dialect) out += `,"dialect":${quote(dialect)}`
    if (authn) out += `,"authn":${quote(authn)}`
    if (credentialsExposed) out += ',"credentials_exposed":true'
    out += `,"effect":${quote(effect)},"code":${quote(code)},"clause":${quote(clause)},"detail":${quote(detail)}`
    return error ? `${out},"error":true` : out
  },
})

/** By which policy. */
const evaluated = rememberText<Part<'policy'>>({
  name: ({ digest }) => digest,
  values: ({ bundle, revision, digest }) => [bundle, revision, digest],
  text: ({ bundle, revision, digest }) =>
    `,"policy":{"bundle":${quote(bundle)},"revision":${quote(revision)},"digest":${quote(digest)}}`,
})

const traceMember = ({ id, parent, sampled }: Part<'trace'>): string =>
  `,"trace":{"id":${quote(id)},"parent":${quote(parent)}${sampled ? ',"sampled":true}' : '}'}`

const subjectMember = (subject: Part<'subject'>): string =>
  `${caller.textOf(subject)},"lifetime_s":${number(subject.assurance.lifetime_s)},"age_s":` +
  `${number(subject.assurance.age_s)}},"credentials":${listOf(subject.credentials, credentialText)}}`

/** Who was asking, up to what changes with each second. */
const caller = rememberText<Part<'subject'>>({
  name: ({ id }) => id,
  values: ({ issuer, id, methods, assurance }) => [
    issuer,
    id,
    assurance.level,
    assurance.possession,
    assurance.audience_bound,
    assurance.single_use,
    assurance.attested,
    ...methods,
  ],
  text: ({ issuer, id, methods, assurance: { level, possession, audience_bound, single_use, attested } }) =>
    `,"subject":{"issuer":${quote(issuer)},"id":${quote(id)},"methods":${listOf(methods, quote)}` +
    `,"assurance":{"level":${level},"possession":${quote(possession)},"audience_bound":${audience_bound},"single_use":` +
    `${single_use},"attested":${attested}`,
})

function credentialText(credential: Part<'subject'>['credentials'][number]): string {
  const { claims, trust_age_s } = credential
  let out = presented.textOf(credential)
  if (trust_age_s !== undefined) out += `,"trust_age_s":${number(trust_age_s)}`
  if (claims !== undefined) out += `,"claims":${JSON.stringify(claims)}`
  return `${out}}`
}

/** A credential, which most callers present many times. */
const presented = rememberText<Part<'subject'>['credentials'][number]>({
  name: ({ jti_sha256, key_thumbprint, issuer }) => jti_sha256 ?? key_thumbprint ?? issuer,
  values: ({ method, issuer, expires_at, key_thumbprint, via, jti_sha256, kid_sha256 }) => [
    method,
    issuer,
    expires_at,
    key_thumbprint,
    via,
    jti_sha256,
    kid_sha256,
  ],
  text: ({ method, issuer, expires_at, key_thumbprint, via, jti_sha256, kid_sha256 }) => {
    let out = `{"method":${quote(method)},"issuer":${quote(issuer)},"expires_at":${quote(expires_at)}`
    if (key_thumbprint !== undefined) out += `,"key_thumbprint":${quote(key_thumbprint)}`
    if (via !== undefined) out += `,"via":${quote(via)}`
    if (jti_sha256 !== undefined) out += `,"jti_sha256":${quote(jti_sha256)}`
    if (kid_sha256 !== undefined) out += `,"kid_sha256":${quote(kid_sha256)}`
    return out
  },
})

const delegateText = ({ issuer, id }: Part<'delegation'>[number]): string =>
  `{"issuer":${quote(issuer)},"id":${quote(id)}}`

function questionText(question: RecordedQuestion): string {
  const { resource, reasons, obligations, cache, filledBy, inputSha256 } = question
  let out = asked.textOf(question)
  if (resource?.id !== undefined) out += `${resource.type === undefined ? '' : ','}"id":${quote(resource.id)}`
  if (resource) out += '}'
  if (reasons) out += `,"reasons":${listOf(reasons, reasonText)}`
  if (obligations) out += `,"obligations":${listOf(obligations, obligationText)}`
  if (cache !== undefined) out += `,"cache":${quoteKnown(cache)}`
  if (filledBy !== undefined) out += `,"filled_by":${quote(filledBy)}`
  if (inputSha256 !== undefined) out += `,"input_sha256":${quote(inputSha256)}`
  return `${out}}`
}

/** What was asked and how it came out, up to which resource of its type. */
const asked = rememberText<RecordedQuestion>({
  name: ({ action, clause }) => action ?? clause,
  values: ({ code, clause, action, resource }) => [code, clause, action, resource === undefined, resource?.type],
  text: ({ code, clause, action, resource }) => {
    let out = `{"code":${quote(code)},"clause":${quote(clause)}`
    if (action !== undefined) out += `,"action":${quote(action)}`
    if (!resource) return out
    return resource.type === undefined ? `${out},"resource":{` : `${out},"resource":{"type":${quote(resource.type)}`
  },
})

const reasonText = ({ code, message }: NonNullable<RecordedQuestion['reasons']>[number]): string =>
  `{"code":${quote(code)},"message":${quote(message)}}`

const obligationText = ({ id, type, properties }: NonNullable<RecordedQuestion['obligations']>[number]): string =>
  `{"id":${quote(id)},"type":${quote(type)},"properties":${JSON.stringify(properties)}}`

const builtinText = ({ name, operands, answer }: Part<'builtins'>[number]): string =>
  `{"name":${quoteKnown(name)},"operands":${listOf(operands, quote)}${answer === undefined ? '}' : `,"answer":${quote(answer)}}`}`

function spentMember({ began, identity, policy, total }: Part<'spent'>): string {
  let out = ',"us":{'
  if (began !== undefined) out += `"began":${number(began)},`
  if (identity !== undefined) out += `"identity":${number(identity)},`
  if (policy !== undefined) out += `"policy":${number(policy)},`
  return `${out}"total":${number(total)}}`
}
