import { clauses } from '../core/clause.ts'
import { type Refusal, refuse } from '../core/result.ts'
import { type Certificate, isSelfIssued } from './certificate.ts'
import type { Extensions } from './extensions.ts'

export const policyClauses = clauses({
  explicit: 'rfc5280-6.1.3-explicit-policy',
  explicitLeaf: 'rfc5280-6.1.5-explicit-policy',
  mapping: 'rfc5280-6.1.4-any-policy-not-mapped',
})

const anyPolicy = '2.5.29.32.0'

/**
 * The policies that the path so far is good for: each with those that the next certificate may name for it. Since no
 * policy is asked for, only the deepest level of the tree matters (RFC 9618 §5: the tree is empty if that level is).
 */
type Level = ReadonlyMap<string, ReadonlySet<string>>

interface State {
  level: Level
  explicitPolicy: number
  inhibitAny: number
  inhibitMapping: number
}

/**
 * Processes certificate policies (RFC 5280 §6.1, RFC 9618) with user-initial-policy-set any-policy and nothing inhibited
 * or required from the start. `below` is the path without its anchor, the leaf last. Errors: CERTIFICATE_REFUSED.
 */
export function checkPolicies(below: readonly Certificate[]): Refusal | undefined {
  const unlimited = below.length + 1 // §6.1.2 (d)–(f)
  const state: State = {
    level: new Map([[anyPolicy, new Set([anyPolicy])]]),
    explicitPolicy: unlimited,
    inhibitAny: unlimited,
    inhibitMapping: unlimited,
  }
  for (const [i, certificate] of below.entries()) {
    const isLeaf = i === below.length - 1
    const anyCounts = state.inhibitAny > 0 || (!isLeaf && isSelfIssued(certificate))
    state.level = nextLevel(state.level, certificate.extensions, anyCounts)
    if (state.explicitPolicy === 0 && state.level.size === 0) return noPolicy(policyClauses.explicit)
    const refusal = isLeaf ? wrapUp(state, certificate.extensions) : prepareNext(state, certificate)
    if (refusal) return refusal
  }
  return undefined
}

const noPolicy = (clause: (typeof policyClauses)[keyof typeof policyClauses]) =>
  refuse('CERTIFICATE_REFUSED', clause, 'the path must be good for a certificate policy and is for none')

/** §6.1.3 (d) and (e). */
function nextLevel(level: Level, { policies }: Extensions, anyCounts: boolean): Level {
  const next = new Map<string, ReadonlySet<string>>()
  if (!policies) return next
  const expected = new Set([...level.values()].flatMap((each) => [...each]))
  for (const id of policies.ids) {
    if (id !== anyPolicy && (expected.has(id) || level.has(anyPolicy))) next.set(id, new Set([id]))
  }
  if (policies.ids.includes(anyPolicy) && anyCounts) {
    for (const id of expected) if (!next.has(id)) next.set(id, new Set([id]))
  }
  return next
}

/** §6.1.4 (a), (b), (h)–(j). */
function prepareNext(state: State, certificate: Certificate): Refusal | undefined {
  const { policyMappings, policyConstraints, inhibitAnyPolicy } = certificate.extensions
  const mappings = policyMappings?.mappings ?? []
  if (mappings.some(({ issuer, subject }) => issuer === anyPolicy || subject === anyPolicy)) {
    return refuse('CERTIFICATE_REFUSED', policyClauses.mapping, 'anyPolicy must not be mapped')
  }
  if (mappings.length > 0) state.level = mapped(state.level, mappings, state.inhibitMapping > 0)
  const step = isSelfIssued(certificate) ? 0 : 1
  const less = (count: number, limit = count): number => Math.min(Math.max(0, count - step), limit)
  state.explicitPolicy = less(state.explicitPolicy, policyConstraints?.requireExplicit)
  state.inhibitMapping = less(state.inhibitMapping, policyConstraints?.inhibitMapping)
  state.inhibitAny = less(state.inhibitAny, inhibitAnyPolicy?.skip)
  return undefined
}

/** §6.1.4 (b): mapped policies are expected under their new names, or dropped where mapping is inhibited. */
function mapped(
  level: Level,
  mappings: readonly { readonly issuer: string; readonly subject: string }[],
  allowed: boolean,
): Level {
  const next = new Map(level)
  for (const { issuer } of mappings) {
    const subjects = new Set(mappings.filter((each) => each.issuer === issuer).map(({ subject }) => subject))
    if (!allowed) next.delete(issuer)
    else if (level.has(issuer) || level.has(anyPolicy)) next.set(issuer, subjects)
  }
  return next
}

/** §6.1.5 (a), (b), (g). */
function wrapUp({ level, explicitPolicy }: State, { policyConstraints }: Extensions): Refusal | undefined {
  const explicit = policyConstraints?.requireExplicit === 0 ? 0 : Math.max(0, explicitPolicy - 1)
  return explicit === 0 && level.size === 0 ? noPolicy(policyClauses.explicitLeaf) : undefined
}
