import type { DecisionRecord, RecordedQuestion } from '../core/record.ts'
import { listOf, number, quote, quoteKnown } from './json-text.ts'

/**
 * A decision as JSON text, in the order of `record-schema.ts`, which tests hold it to. Every decision is written, so this
 * goes member by member: objects made in that order for `JSON.stringify` take twice as long.
 */
export function decisionBody(record: DecisionRecord, ts: string): string {
  const { pepAuth, trace, askId, subject, attested, delegation, request, policy, builtins, spent } = record
  let out = `{"id":${quote(record.id)},"ts":"${ts}","door":${quoteKnown(record.door)},"pep":${quoteKnown(record.pep)}`
  if (pepAuth) out += pepAuthMember(pepAuth)
  if (trace) out += traceMember(trace)
  if (askId !== undefined) out += `,"ask_id":${quote(askId)}`
  out += `,"service":${quoteKnown(record.service)}`
  if (record.dialect) out += `,"dialect":${quoteKnown(record.dialect)}`
  if (record.authn) out += `,"authn":${quoteKnown(record.authn)}`
  if (record.credentialsExposed) out += ',"credentials_exposed":true'
  out += `,"effect":${quoteKnown(record.effect)},"code":${quoteKnown(record.code)},"clause":${quoteKnown(record.clause)}`
  out += `,"detail":${quote(record.detail)}`
  if (record.error) out += ',"error":true'
  if (subject) out += subjectMember(subject)
  if (attested) out += `,"attested":${JSON.stringify(attested)}`
  if (delegation) out += `,"delegation":${listOf(delegation, delegateText)}`
  out += `,"questions":${listOf(record.questions, questionText)}`
  if (request)
    out += `,"request":{"method":${quote(request.method)},"host":${quote(request.host)},"path":${quote(request.path)}}`
  if (policy) out += policyMember(policy)
  if (builtins) out += `,"builtins":${listOf(builtins, builtinText)}`
  if (record.dryRun) out += ',"dry_run":true'
  if (record.payloadSha256 !== undefined) out += `,"payload_sha256":${quote(record.payloadSha256)}`
  if (record.degraded) out += `,"degraded":${listOf(record.degraded, quoteKnown)}`
  if (spent) out += spentMember(spent)
  if (record.demo) out += ',"demo":true'
  return `${out}}`
}

type Part<Name extends keyof DecisionRecord> = NonNullable<DecisionRecord[Name]>

function pepAuthMember({ kind, id, address }: Part<'pepAuth'>): string {
  let out = `,"pep_auth":{"kind":${quoteKnown(kind)}`
  if (id !== undefined) out += `,"id":${quote(id)}`
  if (address !== undefined) out += `,"address":${quote(address)}`
  return `${out}}`
}

const traceMember = ({ id, parent, sampled }: Part<'trace'>): string =>
  `,"trace":{"id":${quote(id)},"parent":${quote(parent)}${sampled ? ',"sampled":true}' : '}'}`

function subjectMember({ issuer, id, methods, assurance, credentials }: Part<'subject'>): string {
  const { level, possession, audience_bound, single_use, attested, lifetime_s, age_s } = assurance
  return (
    `,"subject":{"issuer":${quote(issuer)},"id":${quote(id)},"methods":${listOf(methods, quoteKnown)}` +
    `,"assurance":{"level":${level},"possession":${quoteKnown(possession)},"audience_bound":${audience_bound},"single_use":` +
    `${single_use},"attested":${attested},"lifetime_s":${number(lifetime_s)},"age_s":${number(age_s)}},"credentials":` +
    `${listOf(credentials, credentialText)}}`
  )
}

function credentialText(credential: Part<'subject'>['credentials'][number]): string {
  const { method, issuer, expires_at, key_thumbprint, via, jti_sha256, kid_sha256, trust_age_s, claims } = credential
  let out = `{"method":${quoteKnown(method)},"issuer":${quote(issuer)},"expires_at":${quote(expires_at)}`
  if (key_thumbprint !== undefined) out += `,"key_thumbprint":${quote(key_thumbprint)}`
  if (via !== undefined) out += `,"via":${quote(via)}`
  if (jti_sha256 !== undefined) out += `,"jti_sha256":${quote(jti_sha256)}`
  if (kid_sha256 !== undefined) out += `,"kid_sha256":${quote(kid_sha256)}`
  if (trust_age_s !== undefined) out += `,"trust_age_s":${number(trust_age_s)}`
  if (claims !== undefined) out += `,"claims":${JSON.stringify(claims)}`
  return `${out}}`
}

const delegateText = ({ issuer, id }: Part<'delegation'>[number]): string =>
  `{"issuer":${quote(issuer)},"id":${quote(id)}}`

function questionText(question: RecordedQuestion): string {
  const { action, resource, reasons, obligations, cache, filledBy, inputSha256 } = question
  let out = `{"code":${quoteKnown(question.code)},"clause":${quoteKnown(question.clause)}`
  if (action !== undefined) out += `,"action":${quote(action)}`
  if (resource) out += `,"resource":${resourceText(resource)}`
  if (reasons) out += `,"reasons":${listOf(reasons, reasonText)}`
  if (obligations) out += `,"obligations":${listOf(obligations, obligationText)}`
  if (cache !== undefined) out += `,"cache":${quoteKnown(cache)}`
  if (filledBy !== undefined) out += `,"filled_by":${quote(filledBy)}`
  if (inputSha256 !== undefined) out += `,"input_sha256":${quote(inputSha256)}`
  return `${out}}`
}

function resourceText({ type, id }: NonNullable<RecordedQuestion['resource']>): string {
  if (type === undefined) return id === undefined ? '{}' : `{"id":${quote(id)}}`
  return id === undefined ? `{"type":${quote(type)}}` : `{"type":${quote(type)},"id":${quote(id)}}`
}

const reasonText = ({ code, message }: NonNullable<RecordedQuestion['reasons']>[number]): string =>
  `{"code":${quote(code)},"message":${quote(message)}}`

const obligationText = ({ id, type, properties }: NonNullable<RecordedQuestion['obligations']>[number]): string =>
  `{"id":${quote(id)},"type":${quote(type)},"properties":${JSON.stringify(properties)}}`

const policyMember = ({ bundle, revision, digest }: Part<'policy'>): string =>
  `,"policy":{"bundle":${quoteKnown(bundle)},"revision":${quoteKnown(revision)},"digest":${quoteKnown(digest)}}`

const builtinText = ({ name, operands, answer }: Part<'builtins'>[number]): string =>
  `{"name":${quoteKnown(name)},"operands":${listOf(operands, quote)}${answer === undefined ? '}' : `,"answer":${quote(answer)}}`}`

function spentMember({ began, identity, policy, total }: Part<'spent'>): string {
  let out = ',"us":{'
  if (began !== undefined) out += `"began":${number(began)},`
  if (identity !== undefined) out += `"identity":${number(identity)},`
  if (policy !== undefined) out += `"policy":${number(policy)},`
  return `${out}"total":${number(total)}}`
}
