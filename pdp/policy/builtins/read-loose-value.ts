import { type DerElement, type DerReader, derTags, readDer } from '../../x509/der.ts'
import { readBitString, readBoolean, readInteger, readOid } from '../../x509/der-values.ts'
import type { Value } from '../value.ts'
import { goBytes, goNumber, goOid, goStruct } from './go-struct.ts'
import { readCertificateTime } from './time-of-certificate.ts'
import { readText } from './read-name.ts'
import type { LooseAttribute } from './request.ts'

const timeTags: readonly number[] = [derTags.utcTime, derTags.generalizedTime]

/** Reads what an attribute's SEQUENCE holds, its value as Go's encoding/asn1 and then encoding/json make it. */
export function readLooseAttribute(der: DerReader): LooseAttribute {
  const type = readOid(der)
  const element = der.element()
  return { type, value: looseValue(element), isText: textTags.includes(element.tag) }
}

function looseValue(element: DerElement): Value {
  const { tag, bytes, content } = element
  const der = readDer(bytes)
  if (timeTags.includes(tag)) return readCertificateTime(der).text
  switch (tag) {
    case derTags.boolean:
      return readBoolean(der)
    case derTags.integer: {
      const value = readInteger(der)
      if (BigInt.asIntN(64, value) !== value) throw new Error('integer too large')
      return goNumber(value)
    }
    case derTags.bitString: {
      const bits = readBitString(der)
      return goStruct({ Bytes: goBytes(bits.bytes), BitLength: bits.bytes.length * 8 - bits.unused })
    }
    case derTags.objectIdentifier:
      return goOid(readOid(der))
    case derTags.octetString:
      return goBytes(content)
    default:
      return textTags.includes(tag) ? readText(element) : null
  }
}

const textTags: readonly number[] = [
  derTags.t61String,
  derTags.printableString,
  derTags.utf8String,
  derTags.bmpString,
  derTags.ia5String,
  derTags.numericString,
]
