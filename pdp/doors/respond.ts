import { type ChallengeError, rowOf } from '../core/codes.ts'
import type { Decision } from '../core/decision.ts'
import { retryAfterOf } from './retry-after.ts'

/** A ready answer for the caller of the guarded service. Bodies carry no more than this: reasons stay with the PEP. */
export interface Respond {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

const proofAlgorithms = 'ES256 ES384 ES512 RS256 PS256 Ed25519'

/**
 * What the PEP may answer with (RFC 6750 §3, RFC 9449 §7.1, RFC 9470 §3). Without any credential a challenge names no
 * error (RFC 6750 §3.1). All text comes from the table of codes, scopes and ACR values from policy, checked on the way.
 */
export function respondOf(decision: Decision): Respond {
  const row = rowOf(decision.code)
  const verdict = decision.verdicts.find(({ code }) => code === decision.code)
  const policy = verdict?.evaluated
  const wanted = (decision.effect === 'deny' && policy?.status) || row.http
  const status = wanted === 401 && decision.challenge?.scheme === 'none' ? 400 : wanted // RFC 9110 §15.5.2: 401 challenges
  const headers: Record<string, string> = { ...policy?.responseHeaders, ...retryAfterOf(decision) }
  const challenge = challengeOf(decision, status)
  if (challenge) headers['www-authenticate'] = challenge
  const nonce = decision.challenge?.nonce ?? decision.caller?.nextNonce // RFC 9449 §8.2: with every answer, also an allow
  if (nonce !== undefined) headers['dpop-nonce'] = nonce
  const attestationNonce = decision.challenge?.attestationNonce
  if (attestationNonce !== undefined) headers['attestation-nonce'] = attestationNonce
  return { status, headers }
}

function challengeOf({ code, challenge, caller }: Decision, status: number): string | undefined {
  if (status !== 401 && challenge?.scope === undefined && challenge?.acrValues === undefined) return undefined
  const { error, say } = rowOf(code)
  if (code === 'CREDENTIAL_MISSING') return `Bearer, DPoP algs="${proofAlgorithms}"`
  const proved = caller?.subject?.methods.includes('dpop') === true // who uses a scheme is challenged by it
  const aboutProof = error === 'invalid_dpop_proof' || error === 'use_dpop_nonce'
  const scheme = challenge?.scheme ?? (aboutProof || proved ? 'DPoP' : 'Bearer')
  const parameters = [
    ['error', (status === 401 ? error : undefined) ?? errorOfPolicy(challenge)],
    ['error_description', say],
    ['scope', challenge?.scope],
    ['acr_values', challenge?.acrValues],
    ['algs', scheme === 'DPoP' ? proofAlgorithms : undefined],
  ].filter(([, value]) => value !== undefined)
  return `${scheme} ${parameters.map(([name, value]) => `${name}="${value}"`).join(', ')}`
}

/** What a challenge names where policy asked for it, or answered 401 itself. */
const errorOfPolicy = (challenge: Decision['challenge']): ChallengeError => {
  if (challenge?.acrValues !== undefined) return 'insufficient_user_authentication'
  return challenge?.scope === undefined ? 'invalid_token' : 'insufficient_scope'
}
