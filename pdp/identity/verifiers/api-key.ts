import { clauses } from '../../core/clause.ts'
import { ok, type Refusal, refuse } from '../../core/result.ts'
import { plus, type Seconds } from '../../core/time.ts'
import type { Expected, Registry, Verifier } from '../../seams.ts'
import { readApiKey } from '../registry/api-key-text.ts'
import { checkRegistered } from '../registry/check-registered.ts'
import { lookUp } from '../registry/look-up.ts'
import { isDigestOf, type Peppers } from '../registry/pepper.ts'
import { verifiedClient } from '../registry/verified-client.ts'

export const apiKeyClauses = clauses({
  form: 'api-key-form',
  notInUrl: 'api-key-not-in-url',
  secret: 'api-key-secret',
})

/**
 * Keys of one environment. `prefix`, `environment`: how they begin. `issuer`: of subjects. `knownFor`: how long an answer
 * may be reused, since a registration can end at any time.
 */
export interface ApiKeySettings {
  readonly issuer: string
  readonly prefix: string
  readonly environment: string
  readonly registry: Registry
  readonly peppers: Peppers
  readonly knownFor: Seconds
}

/**
 * Verifies API keys. A key is who its client is and all that it may do, sent each time: nothing proves less. Whoever
 * presents a wrong one is told the same, after the same work, whether there is such a key or not.
 */
export function createApiKeyVerifier(settings: ApiKeySettings): Verifier {
  const { issuer, prefix, environment, registry, peppers, knownFor } = settings
  const beginning = `${prefix}_${environment}_`
  return {
    method: 'api-key',
    selectors: [{ form: 'key', by: 'prefix', scheme: 'api-key', value: beginning }],
    async verify(credential, expected, frame) {
      if (credential.form !== 'key' || credential.scheme !== 'api-key') return notAKey
      const key = readApiKey(credential.text)
      if (key?.prefix !== prefix || key.environment !== environment) return malformed
      const inUrl = checkUrl(expected, beginning)
      if (inUrl) return inUrl
      const found = await lookUp(registry, { method: 'api-key', key: key.id }, frame)
      if (!found.ok) return found
      const [registered] = found.value
      const { material } = registered?.key ?? {}
      const digest = material?.form === 'digest' ? material.digest : undefined
      const good = isDigestOf(digest, peppers, { method: 'api-key', id: key.id }, key.secret)
      if (!registered || !good) return wrong
      const refused = checkRegistered(registered, expected, frame)
      if (refused) return refused
      const knownUntil = plus(frame.now, knownFor)
      return ok(verifiedClient(registered, { issuer, strength: 0, trustAsOf: registry.asOf(), knownUntil }))
    },
  }
}

const notAKey = refuse('CREDENTIAL_MALFORMED', apiKeyClauses.form, 'an API key comes in X-Api-Key')
const malformed = refuse('CREDENTIAL_MALFORMED', apiKeyClauses.form, 'not an API key, or mistyped')
const wrong = refuse('CREDENTIAL_REFUSED', apiKeyClauses.secret, 'there is no such API key')

/** What stands in a URL stands in logs everywhere: a key that was there is not one to take from a header either. */
const checkUrl = ({ request }: Expected, beginning: string): Refusal | undefined =>
  request && (request.rawQuery?.includes(beginning) || request.rawPath.includes(beginning))
    ? refuse('CREDENTIAL_REFUSED', apiKeyClauses.notInUrl, 'an API key stands in the URL: send it in X-Api-Key alone')
    : undefined
