import { buildChains } from './build-chains.ts'
import type { Certificate } from './certificate.ts'
import { allowsUsage } from './chain-key-usage.ts'
import { keepsNameConstraints } from './chain-name-constraints.ts'
import { hasValidPolicies } from './chain-policies.ts'
import { anyUsage, serverAuth } from './ext-key-usages.ts'
import { isForHost } from './hostname.ts'

/** What a chain must meet. */
export interface VerifyOptions {
  /** Nanoseconds since 1970. */
  readonly at: bigint
  /** A host that the leaf must be for; empty for none. */
  readonly dnsName: string
  /** Go's numbers of extended key usages, one of which must be allowed; none stands for authentication of servers. */
  readonly usages: readonly number[]
}

/**
 * The first valid chain, leaf first, of certificates given root first and leaf last, those between in any order; by the
 * rules of Go's `x509.Certificate.Verify`. Undefined if there is none. Revocation is not looked at.
 */
export function verifyChain(
  certificates: readonly Certificate[],
  { at, dnsName, usages }: VerifyOptions,
): readonly Certificate[] | undefined {
  const [root] = certificates
  const leaf = certificates.at(-1)
  if (!root || !leaf || certificates.length < 2) return undefined
  if (dnsName !== '' && !isForHost(leaf, dnsName)) return undefined
  const wanted = usages.length === 0 ? [serverAuth] : usages
  const intermediates = [...new Map(certificates.slice(1, -1).map((one) => [one.raw.toString('latin1'), one])).values()]
  return buildChains(leaf, { root, intermediates, at }).find(
    (chain) =>
      hasValidPolicies(chain) &&
      (wanted.includes(anyUsage) || allowsUsage(chain, wanted)) &&
      keepsNameConstraints(chain),
  )
}
