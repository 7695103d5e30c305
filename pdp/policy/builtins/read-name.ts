import { type DerElement, type DerReader, derTags } from '../../x509/der.ts'
import { readOid } from '../../x509/der-values.ts'
import type { NameAttribute } from './certificate.ts'
import { isIa5, isNumeric, isPrintable } from './asn1-characters.ts'

/** Reads a Name's SEQUENCE into its attributes in order, sets flattened; throws where a value is no text that Go knows. */
export function readName(der: DerReader): readonly NameAttribute[] {
  const sequence = der.enter(derTags.sequence)
  const attributes: NameAttribute[] = []
  while (!sequence.isEmpty()) {
    const set = sequence.enter(derTags.set)
    while (!set.isEmpty()) {
      const attribute = set.enter(derTags.sequence)
      attributes.push({ type: readOid(attribute), value: readText(attribute.element()) })
    }
  }
  return attributes
}

/** A text of one of the string types that Go knows; throws where it has characters that its type does not. */
export function readText({ tag, content }: DerElement): string {
  const latin = content.toString('latin1')
  switch (tag) {
    case derTags.t61String:
      return latin
    case derTags.printableString:
      return when(isPrintable(latin), latin)
    case derTags.utf8String:
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content)
    case derTags.bmpString:
      return bmpText(content)
    case derTags.ia5String:
      return when(isIa5(latin), latin)
    case derTags.numericString:
      return when(isNumeric(latin), latin)
    default:
      throw new Error('unsupported string type')
  }
}

function when(holds: boolean, text: string): string {
  if (!holds) throw new Error('characters that the string type does not have')
  return text
}

/** UCS-2, a terminating zero taken off; no surrogates and no noncharacters. */
function bmpText(content: Buffer): string {
  if (content.length % 2 !== 0) throw new Error('half a character')
  const text = Buffer.from(content).swap16().toString('utf16le')
  const body = text.endsWith('\0') ? text.slice(0, -1) : text
  return when(!/[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]/.test(body), body)
}
