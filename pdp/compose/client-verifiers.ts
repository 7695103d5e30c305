import { canonicalText } from '../core/canonical-bytes.ts'
import { type Seconds, seconds } from '../core/time.ts'
import { createTokenBuckets } from '../core/token-buckets.ts'
import { createPasswords } from '../identity/registry/password-hash.ts'
import type { Peppers } from '../identity/registry/pepper.ts'
import { createApiKeyVerifier } from '../identity/verifiers/api-key.ts'
import { createClientSecretVerifier } from '../identity/verifiers/client-secret.ts'
import { createHmacTokenVerifier } from '../identity/verifiers/hmac-token.ts'
import { createAwsSigV4Verifier } from '../identity/verifiers/aws-sigv4.ts'
import { createKeyPairJwtVerifier } from '../identity/verifiers/key-pair-jwt.ts'
import { createPrivateKeyJwtVerifier } from '../identity/verifiers/private-key-jwt.ts'
import type { Registry, Verifier } from '../seams.ts'
import { limitKeys } from './limit-keys.ts'
import type { RegistryConfig } from './registry.ts'

/** How long an answer about a secret that is sent each time may be reused: its registration can end at any time. */
const knownFor = seconds(30)

/** A verifier for each way of proving oneself that the registry's configuration names. */
export function clientVerifiers(
  { issuer, methods, rate }: RegistryConfig,
  registry: Registry,
  { peppers, skew, proofSkew }: { readonly peppers: Peppers; readonly skew: Seconds; readonly proofSkew: Seconds },
): readonly Verifier[] {
  const verifiers: Verifier[] = []
  const apiKey = methods['api-key']
  const { 'aws-sigv4': sigV4, 'key-pair-jwt': keyPair, 'private-key-jwt': privateKey } = methods
  if (apiKey) verifiers.push(createApiKeyVerifier({ issuer, registry, peppers, knownFor, ...apiKey }))
  const hmacToken = methods['hmac-token']
  if (hmacToken) {
    const maxLifetime = seconds(hmacToken.max_lifetime_s)
    verifiers.push(createHmacTokenVerifier({ issuer, registry, maxLifetime, skew }))
  }
  const clientSecret = methods['client-secret']
  if (clientSecret) {
    const passwords = clientSecret.passwords && { passwords: createPasswords(), attempt: createAttempts() }
    verifiers.push(createClientSecretVerifier({ issuer, registry, peppers, knownFor, ...passwords }))
  }
  if (sigV4) {
    const { region, v4a, paths, payload } = sigV4
    verifiers.push(
      createAwsSigV4Verifier({
        issuer,
        registry,
        region,
        v4a,
        skew: proofSkew,
        paths: paths === 'as_sent' ? 'as-sent' : 'encoded-twice',
        payload: payload === 'enforcement_point' ? 'enforcement-point' : payload,
      }),
    )
  }
  if (keyPair) {
    const maxLifetime = seconds(keyPair.max_lifetime_s)
    verifiers.push(createKeyPairJwtVerifier({ issuer, registry, maxLifetime, skew: proofSkew }))
  }
  if (privateKey) verifiers.push(createPrivateKeyJwtVerifier({ issuer, registry, skew: proofSkew }))
  if (!rate) return verifiers
  const { per_second: perSecond, burst = Math.max(1, Math.floor(perSecond)) } = rate
  const buckets = createTokenBuckets({ perSecond, burst }, () => performance.now())
  return verifiers.map((verifier) => limitKeys(verifier, buckets))
}

/**
 * How often secrets that people chose may be tried: for one account from one source, and from one source for all accounts. Never
 * for an account from everywhere: whoever knows a name could then lock its owner out.
 */
function createAttempts(): (account: string, source: string) => boolean {
  const now = () => performance.now()
  const ofAccount = createTokenBuckets({ perSecond: 1 / 30, burst: 10 }, now)
  const ofSource = createTokenBuckets({ perSecond: 1, burst: 50 }, now)
  return (account, source) => ofAccount.take(canonicalText([account, source])) === 0 && ofSource.take(source) === 0
}
