import { contextConstructedTag, type DerReader, derTags } from './der.ts'
import { type GeneralName, rangeLengths, readGeneralName } from './general-names.ts'

/** Name constraints (RFC 5280 §4.2.1.10): subtrees that all names below must, or must not, lie in. */
export interface NameConstraints {
  readonly permitted: readonly GeneralName[]
  readonly excluded: readonly GeneralName[]
}

/** The next NameConstraints; throws where it is malformed, or where both halves are missing or one is empty. */
export function readNameConstraints(der: DerReader): NameConstraints {
  const sequence = der.enter(derTags.sequence)
  if (sequence.isEmpty()) throw new Error('name constraints without a constraint')
  const permitted = readSubtrees(sequence, 0)
  const excluded = readSubtrees(sequence, 1)
  if (!sequence.isEmpty()) throw new Error('name constraints hold more than two halves')
  return { permitted, excluded }
}

function readSubtrees(der: DerReader, number: number): readonly GeneralName[] {
  const half = der.enterIfNext(contextConstructedTag(number))
  const bases: GeneralName[] = []
  if (!half) return bases
  do {
    const subtree = half.enter(derTags.sequence)
    const base = readGeneralName(subtree, rangeLengths)
    // minimum is 0, so absent in DER, and maximum is always absent
    if (!subtree.isEmpty()) throw new Error('subtree with a minimum or a maximum')
    checkBase(base)
    bases.push(base)
  } while (!half.isEmpty())
  return bases
}

const domain = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/

/** A base that no name could be compared with would permit nothing or exclude nothing: malformed, not ignored. */
function checkBase(base: GeneralName): void {
  if (base.kind === 'ip' && !isContiguous(base.bytes.subarray(base.bytes.length / 2))) {
    throw new Error('IP range with a mask that is no prefix')
  }
  if (base.kind === 'dns' && base.value !== '' && !domain.test(base.value)) {
    throw new Error('DNS constraint is no domain name')
  }
  if (base.kind === 'uri' && !domain.test(withoutDot(base.value))) throw new Error('URI constraint is no host')
  if (base.kind === 'email' && !isMailConstraint(base.value)) throw new Error('e-mail constraint is no mailbox or host')
}

// a mailbox, a host, or a domain with a leading period
const isMailConstraint = (text: string): boolean =>
  /^[^@\s]+@[^@]+$/.test(text) ? domain.test(text.slice(text.indexOf('@') + 1)) : domain.test(withoutDot(text))

const withoutDot = (text: string): string => (text.startsWith('.') ? text.slice(1) : text)

function isContiguous(mask: Buffer): boolean {
  const bits = Array.from(mask, (byte) => byte.toString(2).padStart(8, '0')).join('')
  return !bits.includes('01')
}
