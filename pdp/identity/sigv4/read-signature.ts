import { clauses } from '../../core/clause.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import { type Instant, readRfc3339, seconds } from '../../core/time.ts'
import type { SigV4, SigV4Algorithm } from '../../core/signed-request.ts'
import { readSignedQuery } from './read-query.ts'

export const sigv4Clauses = clauses({
  algorithm: 'sigv4-algorithm',
  parameters: 'sigv4-parameters',
  credential: 'sigv4-credential-scope',
  signedHeaders: 'sigv4-signed-headers-form',
  signature: 'sigv4-signature-form',
  date: 'sigv4-date-form',
  day: 'sigv4-date-is-of-scope',
  expires: 'sigv4-expires-form',
})

interface Parameters {
  readonly algorithm: string
  readonly credential: string
  readonly signedHeaders: string
  readonly signature: string
}

/** Reads `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`: these three, each once, in this order. */
export function readHeaderForm(authorization: string): Result<SigV4> {
  const parts = /^([A-Z0-9-]+) Credential=([^,\s]+),[ ]?SignedHeaders=([^,\s]+),[ ]?Signature=([^,\s]+)$/.exec(
    authorization,
  )
  if (!parts) {
    return bad(sigv4Clauses.parameters, 'authorization must be Credential, SignedHeaders and Signature, each once')
  }
  const [, algorithm = '', credential = '', signedHeaders = '', signature = ''] = parts
  return readSignature({ algorithm, credential, signedHeaders, signature })
}

const queryNames = {
  algorithm: 'X-Amz-Algorithm',
  credential: 'X-Amz-Credential',
  date: 'X-Amz-Date',
  expires: 'X-Amz-Expires',
  signedHeaders: 'X-Amz-SignedHeaders',
  signature: 'X-Amz-Signature',
} as const

/** Names of parameters that say something of a signature, in lower case: one of them is enough to mean one. */
const queryMarks: ReadonlySet<string> = new Set(Object.values(queryNames).map((name) => name.toLowerCase()))

/** Whether a raw query means to carry a signature, in whatever spelling. */
export const isSignedQuery = (rawQuery: string | undefined): boolean =>
  rawQuery !== undefined && /x(?:-|%2d)amz/i.test(rawQuery) && namesOf(rawQuery).some((name) => queryMarks.has(name))

function namesOf(rawQuery: string): readonly string[] {
  const read = readSignedQuery(rawQuery.replaceAll('+', '%20'))
  return read.ok ? read.value.map(({ name }) => name.toLowerCase()) : ['x-amz-signature'] // refused where it is read
}

const maximumExpires = 604_800

/** Reads the query form: each of its parameters once, in one spelling. */
export function readQueryForm(rawQuery: string): Result<SigV4> {
  const read = readSignedQuery(rawQuery)
  if (!read.ok) return read
  const of: Partial<Record<keyof typeof queryNames, string>> = {}
  for (const name of Object.keys(queryNames) as (keyof typeof queryNames)[]) {
    const spelt = queryNames[name]
    const found = read.value.filter((each) => each.name.toLowerCase() === spelt.toLowerCase())
    if (found.length !== 1 || found[0]?.name !== spelt) {
      return bad(sigv4Clauses.parameters, `query must have ${spelt} once, spelt so`)
    }
    of[name] = found[0].value
  }
  const { algorithm = '', credential = '', signedHeaders = '', signature = '', date = '', expires = '' } = of
  const signed = readSignature({ algorithm, credential, signedHeaders, signature })
  if (!signed.ok) return signed
  const parameters = read.value.filter(({ name }) => name !== queryNames.signature)
  const lifetime = /^[1-9][0-9]{0,5}$/.test(expires) ? Number(expires) : 0
  if (lifetime === 0 || lifetime > maximumExpires) {
    return bad(sigv4Clauses.expires, `X-Amz-Expires must be 1 to ${maximumExpires} s`)
  }
  return ok({ ...signed.value, query: { parameters, date, expires: seconds(lifetime) } })
}

function readSignature({ algorithm, credential, signedHeaders, signature }: Parameters): Result<SigV4> {
  if (algorithm !== 'AWS4-HMAC-SHA256' && algorithm !== 'AWS4-ECDSA-P256-SHA256') {
    return bad(sigv4Clauses.algorithm, 'algorithm must be AWS4-HMAC-SHA256 or AWS4-ECDSA-P256-SHA256')
  }
  const scope = readScope(credential, algorithm)
  if (!scope) return bad(sigv4Clauses.credential, 'credential must be key id, date, region, service and aws4_request')
  const names = signedHeaders.split(';')
  const inOrder = names.every((name, i) => headerName.test(name) && (i === 0 || (names[i - 1] ?? '') < name))
  if (!inOrder || names.length > maximumSignedHeaders) {
    return bad(sigv4Clauses.signedHeaders, 'signed headers must be lower-case names in order, each once')
  }
  if (!signatureForms[algorithm].test(signature)) {
    return bad(sigv4Clauses.signature, 'signature must be hexadecimal in lower case, of the length of its algorithm')
  }
  return ok({ algorithm, ...scope, signedHeaders: names, bytes: Buffer.from(signature, 'hex') })
}

const headerName = /^[a-z0-9!#$%&'*+.^_`|~-]{1,128}$/
const maximumSignedHeaders = 64

const signatureForms: Readonly<Record<SigV4Algorithm, RegExp>> = {
  'AWS4-HMAC-SHA256': /^[0-9a-f]{64}$/,
  'AWS4-ECDSA-P256-SHA256': /^(?:[0-9a-f]{2}){8,72}$/,
}

const scopeForms: Readonly<Record<SigV4Algorithm, RegExp>> = {
  'AWS4-HMAC-SHA256':
    /^(?<key>[A-Za-z0-9_-]{4,128})\/(?<day>[0-9]{8})\/(?<region>[a-z0-9-]{1,64})\/(?<service>[A-Za-z0-9._-]{1,128})\/aws4_request$/,
  'AWS4-ECDSA-P256-SHA256':
    /^(?<key>[A-Za-z0-9_-]{4,128})\/(?<day>[0-9]{8})\/(?<service>[A-Za-z0-9._-]{1,128})\/aws4_request$/,
}

function readScope(
  credential: string,
  algorithm: SigV4Algorithm,
): Pick<SigV4, 'accessKeyId' | 'day' | 'region' | 'service'> | undefined {
  const groups = scopeForms[algorithm].exec(credential)?.groups
  if (!groups) return undefined
  const { key = '', day = '', region, service = '' } = groups
  return { accessKeyId: key, day, service, ...(region !== undefined && { region }) }
}

/** When a signature was made, of a timestamp such as 20150830T123600Z: a real time, on the day of its scope. */
export function readSignedAt(timestamp: string, { day }: SigV4): Result<Instant> {
  const parts = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(timestamp)
  const [, year, month, date, hour, minute, second] = parts ?? []
  const at = parts ? readRfc3339(`${year}-${month}-${date}T${hour}:${minute}:${second}Z`) : undefined
  if (at === undefined) return bad(sigv4Clauses.date, 'date must be of the form 20150830T123600Z')
  return timestamp.startsWith(day) ? ok(at) : bad(sigv4Clauses.day, 'date is not on the day of the scope')
}

const bad = (clause: (typeof sigv4Clauses)[keyof typeof sigv4Clauses], detail: string): Refusal =>
  refuse('CREDENTIAL_MALFORMED', clause, detail)
