import type { KeyObject } from 'node:crypto'
import { clauses } from '../../core/clause.ts'
import type { KeyMaterial, RegisteredKey } from '../../core/client.ts'
import { sha256 } from '../../core/digest.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import type { RequestFacts } from '../../core/request-facts.ts'
import type { SigV4 } from '../../core/signed-request.ts'
import { between, type Instant, plus, type Seconds, seconds } from '../../core/time.ts'
import type { Expected, Registry, Use, Verifier } from '../../seams.ts'
import { checkRegistered } from '../registry/check-registered.ts'
import { lookUp } from '../registry/look-up.ts'
import { verifiedClient } from '../registry/verified-client.ts'
import type { PathForm } from '../sigv4/canonical-request.ts'
import { deriveSigV4aKey, isMacOf, isSignedBy, stringToSign } from '../sigv4/check-signed.ts'
import { type PayloadRule, payloadHash } from '../sigv4/payload-hash.ts'
import { readSignedAt } from '../sigv4/read-signature.ts'
import { canonicalOf, checkCoverage } from '../sigv4/signed-message.ts'

export const awsSigV4Clauses = clauses({
  form: 'aws-sigv4-form',
  request: 'sigv4-request-known',
  service: 'sigv4-scope-service',
  region: 'sigv4-scope-region',
  regionSet: 'sigv4a-region-set',
  date: 'sigv4-date-one-value',
  early: 'sigv4-date-not-ahead',
  age: 'sigv4-date-age',
  sessionToken: 'sigv4-no-session-token',
  origin: 'sigv4-host-own-origin',
  signature: 'sigv4-signature',
})

/**
 * Requests signed with keys of our registry.
 *
 * - `issuer`: of the subjects of the registry. `region`: the one that signatures must be for.
 * - `v4a`: whether SigV4a, good for several regions at once, is taken too.
 * - `skew`: how far ahead a signature may be made. It is taken once, so no further than the memory of single uses knows of.
 * - `paths`: as the clients of these services sign them. `payload`: who holds a body to its hash.
 */
export interface AwsSigV4Settings {
  readonly issuer: string
  readonly registry: Registry
  readonly region: string
  readonly v4a: boolean
  readonly skew: Seconds
  readonly paths: PathForm
  readonly payload: PayloadRule
}

/** How old a signature may be; in the query form, how long it is good at most. */
const window = seconds(300)

/**
 * Verifies requests signed by AWS Signature Version 4 with keys of our own. A signature is over the very request; its key is
 * for one day, one region and one service, which here is the name of the guarded one.
 */
export function createAwsSigV4Verifier(settings: AwsSigV4Settings): Verifier {
  const { issuer, registry, region, v4a, skew } = settings
  return {
    method: 'aws-sigv4',
    selectors: [
      { form: 'signed-request', by: 'algorithm', value: 'AWS4-HMAC-SHA256' },
      ...(v4a ? [{ form: 'signed-request', by: 'algorithm', value: 'AWS4-ECDSA-P256-SHA256' } as const] : []),
    ],
    async verify(credential, expected, frame) {
      if (credential.form !== 'signed-request') return notSigned
      const { signature } = credential
      const { request, service } = expected
      if (!request) return bad(awsSigV4Clauses.request, 'method and url of the request are needed to check a signature')
      const scope = checkScope(signature, expected, region)
      if (!scope.ok) return scope
      const signed = readTimes(signature, expected, frame.now, skew)
      if (!signed.ok) return signed
      const foreign = checkSessionToken(signature, expected)
      if (foreign) return foreign
      const found = await lookUp(registry, { method: 'aws-sigv4', key: signature.accessKeyId }, frame)
      if (!found.ok) return found
      const [registered] = found.value
      const good = checkSignature(signature, signed.value.timestamp, registered, expected, request, settings)
      if (!good.ok) return good
      // an unknown key never signs: the signature was checked with one of no client then
      if (!registered) return wrong
      const refused = checkRegistered(registered, expected, frame)
      if (refused) return refused
      const { at, until } = signed.value
      const use: Use = {
        purpose: 'aws-sigv4',
        parts: [service.name, signature.accessKeyId, sha256(good.value)], // what is signed: ECDSA signatures are malleable
        issuedAt: at,
        until: plus(until, seconds(1)), // past its last acceptable instant
      }
      const proof = {
        issuer,
        strength: 2,
        trustAsOf: registry.asOf(),
        issuedAt: at,
        expiresAt: until,
        once: [use],
      } as const
      return ok({ ...verifiedClient(registered, proof), audienceBound: scope.value })
    },
  }
}

type AwsSigV4Clause = (typeof awsSigV4Clauses)[keyof typeof awsSigV4Clauses]

const bad = (clause: AwsSigV4Clause, detail: string): Refusal => refuse('SIGNATURE_INVALID', clause, detail)
const notSigned = refuse('CREDENTIAL_MALFORMED', awsSigV4Clauses.form, 'must be a signed request')
/** The same for an unknown key as for a wrong secret. */
const wrong = bad(awsSigV4Clauses.signature, 'signature does not match: check key, secret and what is signed')

/** Whether it is for this service and region; answers whether for them alone. */
function checkScope(
  { service: named, region: scoped, query }: SigV4,
  expected: Expected,
  region: string,
): Result<boolean> {
  const { service, headerValues = () => [] } = expected
  if (named !== service.name) {
    return refuse('AUDIENCE_REFUSED', awsSigV4Clauses.service, 'service in the scope must be the name of this service')
  }
  if (scoped !== undefined) return scoped === region ? ok(true) : foreignRegion(awsSigV4Clauses.region)
  const name = 'x-amz-region-set'
  const inQuery = query?.parameters.filter((parameter) => parameter.name.toLowerCase() === name) ?? []
  const values = query ? inQuery.map(({ value }) => value) : headerValues(name)
  const regions = values.length === 1 ? (values[0] ?? '').split(',').map((one) => one.trim()) : []
  return regions.includes(region) || regions.includes('*')
    ? ok(regions.length === 1 && regions[0] === region)
    : foreignRegion(awsSigV4Clauses.regionSet)
}

const foreignRegion = (clause: AwsSigV4Clause): Refusal =>
  refuse('AUDIENCE_REFUSED', clause, 'signature is for another region')

interface SignedTimes {
  readonly timestamp: string
  readonly at: Instant
  readonly until: Instant
}

/** When it was signed and until when it is good: not longer than the window, whatever it says. */
function readTimes(
  signature: SigV4,
  { headerValues = () => [] }: Expected,
  now: Instant,
  skew: Seconds,
): Result<SignedTimes> {
  const { query } = signature
  const dates = query ? [query.date, ...headerValues('x-amz-date')] : headerValues('x-amz-date')
  const [timestamp, second] = dates
  if (timestamp === undefined || second !== undefined) {
    return refuse('CREDENTIAL_MALFORMED', awsSigV4Clauses.date, 'a signed request must have one x-amz-date')
  }
  const at = readSignedAt(timestamp, signature)
  if (!at.ok) return at
  if (between(now, at.value) > skew) {
    return refuse('NOT_YET_VALID', awsSigV4Clauses.early, 'signature is from the future')
  }
  const until = plus(at.value, shorter(query?.expires ?? window, window))
  return now < until
    ? ok({ timestamp, at: at.value, until })
    : refuse('EXPIRED', awsSigV4Clauses.age, `signed too long ago: at most ${window} s`)
}

const shorter = (a: Seconds, b: Seconds): Seconds => (a < b ? a : b)

/** No key of ours comes with a session token, so that none can belong to it. */
function checkSessionToken({ query }: SigV4, { headerValues = () => [] }: Expected): Refusal | undefined {
  const name = 'x-amz-security-token'
  const isThere =
    headerValues(name).length > 0 || query?.parameters.some((parameter) => parameter.name.toLowerCase() === name)
  return isThere
    ? refuse('CREDENTIAL_UNSUPPORTED', awsSigV4Clauses.sessionToken, 'session tokens are not accepted')
    : undefined
}

/** Of nobody: what an unknown key is checked with, so that it takes as long as a known one. */
const nobody: KeyMaterial = { form: 'shared', secret: Buffer.alloc(32) }

/**
 * Checks the signature over the request at one of the service's own origins: that of the request first, since a proxy may
 * have changed the host. Answers what was signed.
 */
function checkSignature(
  signature: SigV4,
  timestamp: string,
  registered: RegisteredKey | undefined,
  expected: Expected,
  request: RequestFacts,
  { paths, payload }: AwsSigV4Settings,
): Result<string> {
  const { service, headerNames = () => [], headerValues = () => [] } = expected
  const names = [...new Set(['host', ...headerNames()])]
  const uncovered = checkCoverage(signature, { ...request, headerNames: names, headerValues })
  if (uncovered) return uncovered
  const hash = payloadHash(signature, expected, payload)
  if (!hash.ok) return hash
  const hosts = service.origins.map((origin) => origin.slice(origin.indexOf('//') + 2))
  if (hosts.length === 0) return bad(awsSigV4Clauses.origin, 'the service has no origin: configure origins')
  const material = registered?.key.material ?? nobody
  if (material.form !== 'shared') return wrong
  for (const host of new Set(hosts.toSorted((a, b) => Number(b === request.host) - Number(a === request.host)))) {
    const valuesOf = (name: string) => (name === 'host' ? [host] : headerValues(name))
    const message = { ...request, headerNames: names, headerValues: valuesOf }
    const canonical = canonicalOf(signature, message, { payloadHash: hash.value, paths })
    if (!canonical.ok) return canonical
    const text = stringToSign(signature, timestamp, canonical.value)
    if (isGood(signature, text, material)) return ok(text)
  }
  return wrong
}

type Shared = Extract<KeyMaterial, { readonly form: 'shared' }>

const isGood = (signature: SigV4, text: string, material: Shared): boolean =>
  signature.algorithm === 'AWS4-HMAC-SHA256'
    ? isMacOf(signature, text, material.secret)
    : isSignedBy(signature, text, sigV4aKeyOf(material, signature.accessKeyId))

const derived = new WeakMap<Shared, KeyObject>()

/** Derived once for each secret that is registered, and forgotten with it. */
function sigV4aKeyOf(material: Shared, accessKeyId: string): KeyObject {
  const known = derived.get(material)
  if (known) return known
  const key = deriveSigV4aKey(accessKeyId, material.secret)
  derived.set(material, key)
  return key
}
