import type { Certificate } from './certificate.ts'
import { isSignedBy } from './certificate-signature.ts'

/** What chains are made of: one root, and intermediates in any order. `at`: nanoseconds since 1970. */
export interface ChainMaterial {
  readonly root: Certificate
  readonly intermediates: readonly Certificate[]
  readonly at: bigint
}

const maximumSignatureChecks = 100 // Go's bound on what crossing signatures can cost

/**
 * Every chain from the leaf to the root, leaf first, whose certificates are in force, signed by the next, and allowed to
 * stand where they do (RFC 5280 §6.1.3 a, §6.1.4 k to m), in the order in which Go finds them.
 */
export function buildChains(leaf: Certificate, material: ChainMaterial): readonly (readonly Certificate[])[] {
  if (!isValid(leaf, 'leaf', [], material.at)) return []
  if (leaf.raw.equals(material.root.raw)) return [[leaf]]
  const budget = { checks: 0 }
  return chainsFrom([leaf], material, budget)
}

function chainsFrom(chain: readonly Certificate[], material: ChainMaterial, budget: { checks: number }) {
  const chains: (readonly Certificate[])[] = []
  const last = chain.at(-1)
  if (!last) return chains
  const candidates = [
    ...parentsOf(last, [material.root]).map((parent) => ['root', parent] as const),
    ...parentsOf(last, material.intermediates).map((parent) => ['intermediate', parent] as const),
  ]
  for (const [role, parent] of candidates) {
    if (++budget.checks > maximumSignatureChecks) break
    if (!parent.publicKey || isInChain(parent, chain) || !isSignedBy(last, parent)) continue
    if (!isValid(parent, role, chain, material.at)) continue
    const longer = [...chain, parent]
    if (role === 'root') chains.push(longer)
    else chains.push(...chainsFrom(longer, material, budget))
  }
  return chains
}

/** Those whose subject is the issuer's, the likeliest first: key identifiers that match, one missing, that differ. */
function parentsOf(child: Certificate, pool: readonly Certificate[]): readonly Certificate[] {
  const wanted = child.facts.authorityKeyId ?? Buffer.alloc(0)
  const rank = (parent: Certificate): number => {
    const id = parent.facts.subjectKeyId ?? Buffer.alloc(0)
    if (id.equals(wanted)) return 0
    return (id.length === 0) === (wanted.length === 0) ? 2 : 1
  }
  return pool.filter(({ rawSubject }) => rawSubject.equals(child.rawIssuer)).toSorted((a, b) => rank(a) - rank(b))
}

/** The same subject, key and alternative names: not the same bytes, or signatures that cross would make circles. */
function isInChain(candidate: Certificate, chain: readonly Certificate[]): boolean {
  const names = alternativeNames(candidate)
  for (const { rawSubject, spki, ...certificate } of chain) {
    if (!candidate.rawSubject.equals(rawSubject) || !candidate.spki.equals(spki)) continue
    const others = alternativeNames(certificate)
    if (!names || !others) return !names && !others
    if (names.equals(others)) return true
  }
  return false
}

const alternativeNames = ({ extensions }: Pick<Certificate, 'extensions'>): Buffer | undefined =>
  extensions.find(({ id }) => id === '2.5.29.17')?.value

function isValid(
  { facts, notBefore, notAfter }: Certificate,
  role: 'leaf' | 'intermediate' | 'root',
  chain: readonly Certificate[],
  at: bigint,
): boolean {
  if (facts.unhandled.length > 0 || at < nanoseconds(notBefore) || at > nanoseconds(notAfter)) return false
  const { basicConstraints } = facts
  if (role === 'intermediate' && basicConstraints?.isCa !== true) return false
  const maximum = basicConstraints?.maxPathLength ?? -1n
  return maximum < 0n || BigInt(chain.length - 1) <= maximum
}

const nanoseconds = ({ epochSeconds }: Certificate['notBefore']): bigint => BigInt(epochSeconds) * 1_000_000_000n
