import type { Certificate, CountWithZero } from './certificate.ts'
import { looseOidText } from './loose-oid-text.ts'

/** A policy that holds at one depth of the chain (RFC 9618 §3). */
interface PolicyNode {
  readonly policy: string
  expected: readonly string[]
  readonly parents: Set<PolicyNode>
  readonly children: Set<PolicyNode>
}

type Stratum = Map<string, PolicyNode>

const anyPolicy = '2.5.29.32.0'

/**
 * Whether the certificate policies of a chain, leaf first, are valid where any policy is acceptable (RFC 5280 §6.1.3 d
 * to f, §6.1.4 a to j, §6.1.5, as changed by RFC 9618): only a chain that demands an explicit policy can fail.
 */
export function hasValidPolicies(chain: readonly Certificate[]): boolean {
  if (chain.length === 1) return true
  const certificates = chain.slice(0, -1).toReversed() // without the trust anchor, the leaf last
  const limits = { any: chain.length, explicit: chain.length, mapping: chain.length }
  let strata: Stratum[] | undefined = [new Map([[anyPolicy, nodeOf(anyPolicy, [])]])]
  for (const [i, certificate] of certificates.entries()) {
    const isLeaf = i === certificates.length - 1
    const isSelfIssued = certificate.rawIssuer.equals(certificate.rawSubject)
    if ((certificate.facts.policies ?? []).length === 0) strata = undefined
    if (limits.explicit === 0 && !strata) return false
    if (strata) {
      addStratum(strata, certificate, limits.any > 0 || (!isLeaf && isSelfIssued))
      if (!isLeaf && !map(strata, certificate, limits.mapping > 0)) return false
    }
    if (!isLeaf) tighten(limits, certificate, isSelfIssued)
  }
  const explicit = chain[0]?.facts.requireExplicitPolicy.isZero ? 0 : Math.max(0, limits.explicit - 1)
  return explicit > 0 || (strata !== undefined && hasPolicy(strata))
}

function nodeOf(policy: string, parents: readonly PolicyNode[]): PolicyNode {
  const node: PolicyNode = { policy, expected: [policy], parents: new Set(parents), children: new Set() }
  for (const parent of parents) parent.children.add(node)
  return node
}

/** RFC 9618 §5.4: the certificate's policies below those above that expect them. */
function addStratum(strata: Stratum[], { facts }: Certificate, takesAny: boolean): void {
  const above = strata.at(-1) ?? new Map<string, PolicyNode>()
  const stratum: Stratum = new Map()
  const policies = facts.policies ?? []
  for (const policy of policies) {
    if (policy === anyPolicy) continue
    const expecting = [...above.values()].filter(({ expected }) => expected.includes(policy))
    const wildcard = above.get(anyPolicy)
    const parents = expecting.length > 0 || !wildcard ? expecting : [wildcard]
    if (parents.length > 0) stratum.set(policy, nodeOf(policy, parents))
  }
  if (policies.includes(anyPolicy) && takesAny) {
    const missing = Map.groupBy(
      [...above.values()].flatMap((parent) => parent.expected.map((policy) => ({ policy, parent }))),
      ({ policy }) => policy,
    )
    for (const [policy, pairs] of missing) {
      if (stratum.has(policy)) continue
      stratum.set(
        policy,
        nodeOf(
          policy,
          pairs.map(({ parent }) => parent),
        ),
      )
    }
  }
  strata.push(stratum)
  prune(strata)
}

/** Takes out what leads nowhere, from the second-lowest stratum up; the root stays. */
function prune(strata: readonly Stratum[]): void {
  for (const stratum of strata.slice(1, -1).toReversed()) {
    for (const node of stratum.values()) {
      if (node.children.size > 0) continue
      for (const parent of node.parents) parent.children.delete(node)
      stratum.delete(node.policy)
    }
  }
}

/** RFC 5280 §6.1.4 a and b; false where the mappings themselves are invalid. */
function map(strata: readonly Stratum[], { facts }: Certificate, isAllowed: boolean): boolean {
  if (facts.policyMappings.length === 0) return true
  const leaves = strata.at(-1) ?? new Map<string, PolicyNode>()
  const subjects = new Map<string, string[]>()
  for (const { issuer, subject } of facts.policyMappings) {
    const [from, to] = [looseOidText(issuer), looseOidText(subject)]
    if (isAllowed) {
      if (from === anyPolicy || to === anyPolicy) return false
      subjects.set(from, [...(subjects.get(from) ?? []), to])
    } else {
      const leaf = leaves.get(from)
      for (const parent of leaf?.parents ?? []) if (leaf) parent.children.delete(leaf)
      leaves.delete(from)
    }
  }
  prune(strata)
  for (const [from, expected] of subjects) {
    const wildcard = leaves.get(anyPolicy)
    const leaf = leaves.get(from) ?? (wildcard && nodeOf(from, [wildcard]))
    if (!leaf) continue
    leaf.expected = expected
    leaves.set(from, leaf)
  }
  return true
}

/** RFC 5280 §6.1.4 h to j. */
function tighten(
  limits: Record<'any' | 'explicit' | 'mapping', number>,
  { facts }: Certificate,
  isSelfIssued: boolean,
) {
  for (const name of ['any', 'explicit', 'mapping'] as const) {
    if (!isSelfIssued && limits[name] > 0) limits[name]--
  }
  limits.explicit = lowered(limits.explicit, facts.requireExplicitPolicy)
  limits.mapping = lowered(limits.mapping, facts.inhibitPolicyMapping)
  limits.any = lowered(limits.any, facts.inhibitAnyPolicy)
}

const lowered = (limit: number, { value, isZero }: CountWithZero): number =>
  (value > 0n || isZero) && value < BigInt(limit) ? Number(value) : limit

/** Whether any policy is left (RFC 9618 §5.6 g): one below anyPolicy alone, or anyPolicy at the leaf. */
const hasPolicy = (strata: readonly Stratum[]): boolean =>
  (strata.at(-1)?.has(anyPolicy) ?? false) ||
  strata.some((stratum) =>
    [...stratum.values()].some(
      ({ policy, parents }) => policy !== anyPolicy && parents.size === 1 && [...parents][0]?.policy === anyPolicy,
    ),
  )
