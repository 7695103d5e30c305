import { clauses } from '../../core/clause.ts'
import type { KeyCredential } from '../../core/credential.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import { plus, type Seconds } from '../../core/time.ts'
import type { Expected, Registry, Verifier } from '../../seams.ts'
import { checkRegistered } from '../registry/check-registered.ts'
import { lookUp } from '../registry/look-up.ts'
import { createMatchSecret, type SecretMatch, type SecretMatching } from '../registry/match-secret.ts'
import { type PresentedSecret, readBasicSecret, readFormSecret } from '../registry/read-client-secret.ts'
import { verifiedClient } from '../registry/verified-client.ts'

export const clientSecretClauses = clauses({
  scheme: 'client-secret-form',
  notInUrl: 'rfc6749-2.3.1-not-in-uri',
  secret: 'client-secret-secret',
  attempts: 'client-secret-attempts',
  capacity: 'client-secret-capacity',
})

/** - `issuer`: of subjects. `knownFor`: how long an answer may be reused, since a registration can end at any time. */
export interface ClientSecretSettings extends SecretMatching {
  readonly issuer: string
  readonly registry: Registry
  readonly knownFor: Seconds
}

/**
 * Verifies a client's id and secret, as an authorization server takes them (RFC 6749 §2.3.1): by Basic, or as the form of a
 * request body. Who presents a wrong secret is told the same, after the same work, as who names no client of ours.
 */
export function createClientSecretVerifier(settings: ClientSecretSettings): Verifier {
  const { issuer, registry, knownFor } = settings
  const matchSecret = createMatchSecret(settings)
  return {
    method: 'client-secret',
    selectors: [
      { form: 'key', by: 'prefix', scheme: 'basic', value: '' },
      { form: 'key', by: 'prefix', scheme: 'form', value: '' },
    ],
    async verify(credential, expected, frame) {
      if (credential.form !== 'key') return notASecret
      const presented = readPresented(credential)
      if (!presented.ok) return presented
      const inUrl = checkUrl(expected)
      if (inUrl) return inUrl
      const found = await lookUp(registry, { method: 'client-secret', name: presented.value.clientId }, frame)
      if (!found.ok) return found
      const source = Buffer.from(expected.sourceAddress ?? []).toString('hex')
      const registered = await matchSecret(presented.value, found.value, source)
      if (typeof registered === 'string') return mismatches[registered]
      const refused = checkRegistered(registered, expected, frame)
      if (refused) return refused
      const knownUntil = plus(frame.now, knownFor)
      return ok(verifiedClient(registered, { issuer, strength: 0, trustAsOf: registry.asOf(), knownUntil }))
    },
  }
}

function readPresented({ scheme, text }: KeyCredential): Result<PresentedSecret> {
  if (scheme === 'basic') return readBasicSecret(text)
  return scheme === 'form' ? readFormSecret(text) : notASecret
}

/** RFC 6749 §2.3.1: never in the URI, which is logged everywhere. */
const checkUrl = ({ request }: Expected): Refusal | undefined =>
  request?.query['client_secret'] === undefined
    ? undefined
    : refuse('CREDENTIAL_REFUSED', clientSecretClauses.notInUrl, 'client_secret stands in the URL')

const notASecret = refuse(
  'CREDENTIAL_MALFORMED',
  clientSecretClauses.scheme,
  'a client secret comes by Basic or as a form',
)
const mismatches: Readonly<Record<Extract<SecretMatch, string>, Refusal>> = {
  wrong: refuse('CREDENTIAL_REFUSED', clientSecretClauses.secret, 'client is not known, or not by this secret'),
  attempts: refuse(
    'SUBJECT_RATE_LIMITED',
    clientSecretClauses.attempts,
    'too many attempts for this client from there: wait a minute',
  ),
  busy: refuse('OVERLOADED', clientSecretClauses.capacity, 'too many secrets are being compared'),
}
