import { clauses } from '../../core/clause.ts'
import { sha256 } from '../../core/digest.ts'
import type { JwsAlgorithm, VerificationKey } from '../../core/key.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import type { SignatureRules } from '../../core/service.ts'
import { between, type Instant, plus, type Seconds, seconds } from '../../core/time.ts'
import { verifyJws } from '../../jose/verify-jws.ts'
import type { Expected, Possession, Proof } from '../../seams.ts'
import { checkContentDigest } from './content-digest.ts'
import { uncovered } from './covered-components.ts'
import { ownTarget } from './own-target.ts'
import { componentName, originComponents, requestComponent, signatureBase } from './signature-base.ts'
import { type ChosenSignature, chooseSignature, textOf } from './signature-input.ts'

export const httpSignatureClauses = clauses({
  rules: 'http-signature-configured',
  key: 'http-signature-key-of-token',
  request: 'rfc9421-2.2-request-known',
  covered: 'rfc9421-3.2-required-components',
  created: 'rfc9421-3.2-created',
  expires: 'rfc9421-3.2-expires',
  nonce: 'rfc9421-3.2-nonce',
  keyid: 'rfc9421-3.2-keyid',
  alg: 'rfc9421-3.2-alg',
  origin: 'rfc9421-2.2-own-origin',
  wimseParameters: 'wimse-http-signature-3-parameters',
  wimseAudience: 'wimse-http-signature-3.1-aud',
})

/** `maxAge`: how old a signature may be, whatever it says; `skew`: by how much clocks may differ. */
export interface HttpSignatureSettings {
  readonly maxAge: Seconds
  readonly skew: Seconds
}

/** The tag of draft-ietf-wimse-http-signature, and what that profile asks of every request. */
const wimse: SignatureRules = {
  tag: 'wimse-workload-to-workload',
  components: ['@method', '@request-target', 'content-type'],
  nonce: 'required',
  contentDigest: 'compare',
}

/** Algorithms of RFC 9421 §6.2.2 that prove possession of a private key. */
const algorithms: Readonly<Record<string, JwsAlgorithm>> = {
  'rsa-pss-sha512': 'PS512',
  'rsa-v1_5-sha256': 'RS256',
  'ecdsa-p256-sha256': 'ES256',
  'ecdsa-p384-sha384': 'ES384',
  ed25519: 'Ed25519',
}

/**
 * Checks HTTP message signatures (RFC 9421): the one with the tag that counts, by the key that the token holds, over all
 * that the rules require. For a workload identity token these are the rules of WIMSE (experimental), else the service's.
 */
export function createHttpSignatureProof(settings: HttpSignatureSettings): Proof {
  return {
    kind: 'http-signature',
    async check(proof, { confirmation }, expected, { now }) {
      const isWit = expected.credential?.form === 'jwt' && expected.credential.scheme === 'wit'
      const rules = rulesOf(expected, isWit)
      if (!rules) return bad(httpSignatureClauses.rules, 'signatures are not accepted here: configure http_signature')
      const key = confirmation?.key
      if (!key) return bad(httpSignatureClauses.key, 'the token that the signature is for holds no key')
      const chosen = chooseSignature(proof, rules.tag)
      if (!chosen.ok) return chosen
      const wrong =
        checkTimes(chosen.value, now, settings) ??
        checkCovered(chosen.value, rules, expected) ??
        checkKeyNames(chosen.value, key) ??
        (isWit ? checkWimse(chosen.value, expected) : undefined)
      if (wrong) return wrong
      const base = verify(chosen.value, key, expected)
      if (!base.ok) return base
      return (
        checkContentDigest(expected, rules.contentDigest) ??
        ok(possessionOf(chosen.value, key, base.value, expected, settings))
      )
    },
  }
}

type SignatureClause = (typeof httpSignatureClauses)[keyof typeof httpSignatureClauses]

const bad = (clause: SignatureClause, detail: string): Refusal => refuse('PROOF_INVALID', clause, detail)

function rulesOf({ service }: Expected, isWit: boolean): SignatureRules | undefined {
  const own = service.httpSignature
  return isWit ? { ...wimse, ...(own && { contentDigest: own.contentDigest }) } : own
}

function checkTimes({ created, expires }: ChosenSignature, now: Instant, settings: HttpSignatureSettings) {
  const { maxAge, skew } = settings
  if (created > plus(now, skew)) return bad(httpSignatureClauses.created, 'created is in the future')
  if (between(created, now) > maxAge + skew) {
    return bad(httpSignatureClauses.created, `created more than ${maxAge} s ago`)
  }
  return expires !== undefined && (now >= plus(expires, skew) || expires <= created)
    ? bad(httpSignatureClauses.expires, 'expires has passed')
    : undefined
}

function checkCovered({ input, nonce }: ChosenSignature, rules: SignatureRules, expected: Expected) {
  if (nonce === undefined && rules.nonce === 'required') {
    return bad(httpSignatureClauses.nonce, 'the signature needs a nonce')
  }
  const { headerValues = () => [] } = expected
  const covered = new Set(
    input.items.flatMap((item) => (item.parameters.size === 0 ? [componentName(item) ?? ''] : [])),
  )
  const isPresent = (header: string) => headerValues(header).length > 0
  const missing = uncovered(covered, rules.components, isPresent)
  return missing === undefined
    ? undefined
    : bad(httpSignatureClauses.covered, `the signature must cover \`${missing}\``)
}

/** The key is the token's. What the signature says of it must agree, and chooses nothing. */
function checkKeyNames({ keyid, alg }: ChosenSignature, key: VerificationKey) {
  if (keyid !== undefined && keyid !== key.id && keyid !== key.kid) {
    return bad(httpSignatureClauses.keyid, 'keyid must be the kid or the thumbprint of the key in the token')
  }
  return algorithmOf(alg, key)
    ? undefined
    : bad(httpSignatureClauses.alg, 'alg must be one of the key in the token, and said where the key leaves a choice')
}

function algorithmOf(alg: string | undefined, key: VerificationKey): JwsAlgorithm | undefined {
  if (alg === undefined) return key.algorithms.length === 1 ? key.algorithms[0] : undefined
  const named = Object.hasOwn(algorithms, alg) ? algorithms[alg] : undefined
  return named && key.algorithms.includes(named) ? named : undefined
}

/** draft-ietf-wimse-http-signature §3: the token says key and algorithm, so the signature must not. */
function checkWimse({ input, expires, keyid, alg }: ChosenSignature, { service, request }: Expected) {
  if (expires === undefined || keyid !== undefined || alg !== undefined) {
    return bad(httpSignatureClauses.wimseParameters, 'the signature needs expires and must not have keyid or alg')
  }
  const audience = textOf(input.parameters.get('wimse-aud'))
  const own =
    audience !== undefined &&
    (service.audiences.includes(audience) || (request && ownTarget(audience, service, request) !== undefined))
  return own ? undefined : bad(httpSignatureClauses.wimseAudience, 'wimse-aud must be this service')
}

/**
 * Checks the signature; answers what it is over. Where that depends on the origin, it is one of the service's: that of the
 * request first, since a proxy may have changed it.
 */
function verify(chosen: ChosenSignature, key: VerificationKey, expected: Expected): Result<string> {
  const { service, request, headerValues = () => [] } = expected
  if (!request) return bad(httpSignatureClauses.request, 'method and url of the request are needed')
  const algorithm = algorithmOf(chosen.alg, key)
  if (!algorithm) return bad(httpSignatureClauses.alg, 'the key in the token leaves a choice of algorithms')
  const byOrigin = chosen.input.items.some((item) => originComponents.has(componentName(item) ?? ''))
  const own = `${request.scheme}://${request.host}`
  const origins = byOrigin ? service.origins.toSorted((a, b) => Number(b === own) - Number(a === own)) : ['']
  let refusal: Refusal = bad(httpSignatureClauses.origin, 'the service has no origin: configure origins')
  for (const origin of origins) {
    const base = signatureBase(chosen.input, (item) => requestComponent(item, { request, origin, headerValues }))
    if (!base.ok) return base
    const header = { alg: algorithm, members: {} }
    const good = verifyJws({ header, signingInput: base.value, signature: chosen.signature }, key, 'PROOF_INVALID')
    if (good.ok) return base
    refusal = good
  }
  return refusal
}

/** What is used once is what was signed: a signature over it can be made again by who sees it, if it is ECDSA. */
function possessionOf(
  { created }: ChosenSignature,
  key: VerificationKey,
  base: string,
  { service }: Expected,
  { maxAge, skew }: HttpSignatureSettings,
): Possession {
  return {
    method: 'http-signature',
    possession: 'request',
    keyThumbprint: key.id,
    once: [
      {
        purpose: 'http-signature',
        parts: [service.name, key.id, sha256(base)],
        issuedAt: created,
        until: plus(created, seconds(maxAge + skew + 1)), // past its last acceptable instant
      },
    ],
    revocable: [{ by: 'key-thumbprint', id: key.id }],
  }
}
