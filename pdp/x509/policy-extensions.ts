import { clauses } from '../core/clause.ts'
import { contextTag, type DerReader, derTags } from './der.ts'
import { readInteger, readOid } from './der-values.ts'
import type { ExtensionRow, Extensions, PolicyMapping } from './extensions.ts'

export const policyExtensionClauses = clauses({
  policies: 'rfc5280-4.2.1.4-certificate-policies',
  mappings: 'rfc5280-4.2.1.5-policy-mappings',
  constraints: 'rfc5280-4.2.1.11-policy-constraints',
  inhibitAny: 'rfc5280-4.2.1.14-inhibit-any-policy',
})

/** Extensions of certificate policies. */
export const policyExtensions: readonly ExtensionRow[] = [
  { id: '2.5.29.32', clause: policyExtensionClauses.policies, processed: true, read: readPolicies },
  { id: '2.5.29.33', clause: policyExtensionClauses.mappings, processed: true, read: readMappings },
  { id: '2.5.29.36', clause: policyExtensionClauses.constraints, processed: true, read: readConstraints },
  {
    id: '2.5.29.54',
    clause: policyExtensionClauses.inhibitAny,
    processed: true,
    read: (der, critical) => ({ inhibitAnyPolicy: { critical, skip: readSkip(der) } }),
  },
]

/** A policy may stand once (RFC 5280 §4.2.1.4). Qualifiers are not looked into: they are for people. */
function readPolicies(der: DerReader, critical: boolean): Partial<Extensions> {
  const list = der.enter(derTags.sequence)
  const ids: string[] = []
  do {
    const information = list.enter(derTags.sequence)
    ids.push(readOid(information))
    if (!information.isEmpty()) information.content(derTags.sequence)
    if (!information.isEmpty()) throw new Error('policy with another field')
  } while (!list.isEmpty())
  if (new Set(ids).size !== ids.length) throw new Error('a policy stands twice')
  return { policies: { critical, ids } }
}

function readMappings(der: DerReader, critical: boolean): Partial<Extensions> {
  const list = der.enter(derTags.sequence)
  const mappings: PolicyMapping[] = []
  do {
    const pair = list.enter(derTags.sequence)
    mappings.push({ issuer: readOid(pair), subject: readOid(pair) })
    if (!pair.isEmpty()) throw new Error('policy mapping with another field')
  } while (!list.isEmpty())
  return { policyMappings: { critical, mappings } }
}

function readConstraints(der: DerReader, critical: boolean): Partial<Extensions> {
  const fields = der.enter(derTags.sequence)
  if (fields.isEmpty()) throw new Error('policy constraints without a constraint') // §4.2.1.11
  const requireExplicit = fields.isNext(contextTag(0)) ? readSkip(fields, contextTag(0)) : undefined
  const inhibitMapping = fields.isNext(contextTag(1)) ? readSkip(fields, contextTag(1)) : undefined
  if (!fields.isEmpty()) throw new Error('policy constraints with another field')
  return {
    policyConstraints: {
      critical,
      ...(requireExplicit !== undefined && { requireExplicit }),
      ...(inhibitMapping !== undefined && { inhibitMapping }),
    },
  }
}

const noLimit = 255n // no path is longer

function readSkip(der: DerReader, tag?: number): number {
  const skip = readInteger(der, tag)
  if (skip < 0n) throw new Error('negative number of certificates')
  return Number(skip < noLimit ? skip : noLimit)
}
