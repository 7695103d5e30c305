import { seconds } from '../core/time.ts'
import type { Peppers } from '../identity/registry/pepper.ts'
import { createApiKeyVerifier } from '../identity/verifiers/api-key.ts'
import type { Registry, Verifier } from '../seams.ts'
import type { RegistryConfig } from './registry.ts'

/** How long an answer about a secret that is sent each time may be reused: its registration can end at any time. */
const knownFor = seconds(30)

/** A verifier for each way of proving oneself that the registry's configuration names. */
export function clientVerifiers(
  { issuer, methods }: RegistryConfig,
  registry: Registry,
  { peppers }: { readonly peppers: Peppers },
): readonly Verifier[] {
  const verifiers: Verifier[] = []
  const apiKey = methods['api-key']
  if (apiKey) verifiers.push(createApiKeyVerifier({ issuer, registry, peppers, knownFor, ...apiKey }))
  return verifiers
}
