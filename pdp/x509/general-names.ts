import { contextConstructedTag, contextTag, type DerElement, type DerReader, derTags } from './der.ts'
import { type Name, readWholeName } from './name.ts'

/** A GeneralName (RFC 5280 §4.2.1.6). Texts are ASCII without control characters; `ip` is an address, or one and its mask. */
export type GeneralName =
  | { readonly kind: 'dns' | 'email' | 'uri'; readonly value: string }
  | { readonly kind: 'ip'; readonly bytes: Buffer }
  | { readonly kind: 'directory'; readonly name: Name }
  | { readonly kind: OpaqueKind }

/** Kinds whose values nothing here compares. */
export type OpaqueKind = 'other-name' | 'x400' | 'edi-party' | 'registered-id'

const texts: ReadonlyMap<number, 'dns' | 'email' | 'uri'> = new Map([
  [contextTag(1), 'email'],
  [contextTag(2), 'dns'],
  [contextTag(6), 'uri'],
])
const opaque: ReadonlyMap<number, OpaqueKind> = new Map([
  [contextConstructedTag(0), 'other-name'],
  [contextConstructedTag(3), 'x400'],
  [contextConstructedTag(5), 'edi-party'],
  [contextTag(8), 'registered-id'],
])
const ipTag = contextTag(7)
const directoryTag = contextConstructedTag(4)

/** Lengths of `ip`: of an address alone, or of an address and its mask. */
export const addressLengths: readonly number[] = [4, 16]
export const rangeLengths: readonly number[] = [8, 32]

/** The next GeneralName; throws where it is none. */
export function readGeneralName(der: DerReader, ipLengths: readonly number[]): GeneralName {
  const element = der.element()
  const { tag, content } = element
  const kind = texts.get(tag)
  if (kind) return { kind, value: textOf(element) }
  if (tag === ipTag) {
    if (!ipLengths.includes(content.length)) throw new Error('IP address of a wrong length')
    return { kind: 'ip', bytes: content }
  }
  // Name is a CHOICE, so its tag is explicit
  if (tag === directoryTag) return { kind: 'directory', name: readWholeName(content) }
  const other = opaque.get(tag)
  if (!other) throw new Error('no kind of general name')
  return { kind: other }
}

/** The next GeneralNames, at least one. */
export function readGeneralNames(der: DerReader, tag: number = derTags.sequence): readonly GeneralName[] {
  const sequence = der.enter(tag)
  const names: GeneralName[] = []
  do names.push(readGeneralName(sequence, addressLengths))
  while (!sequence.isEmpty())
  return names
}

function textOf({ content }: DerElement): string {
  const text = content.toString('latin1')
  // IA5String, and no NUL or line end at which another reader would stop
  if (!/^[\x20-\x7e]*$/.test(text)) throw new Error('general name is not printable ASCII')
  return text
}
