import { contextTag, derTags, readDer } from '../../x509/der.ts'
import { isIa5 } from './asn1-characters.ts'
import type { AlternativeNames } from './certificate.ts'
import { isDomain } from './domain-name.ts'
import { readWholeUri, type WholeUri } from './whole-uri.ts'

/** Reads a subject alternative name extension (RFC 5280 §4.2.1.6): the kinds that Go knows; throws where one is malformed. */
export function readAlternativeNames(value: Buffer): AlternativeNames {
  const names = readDer(value).enter(derTags.sequence)
  const dns: string[] = []
  const emails: string[] = []
  const ips: Buffer[] = []
  const uris: WholeUri[] = []
  while (!names.isEmpty()) {
    const { tag, content } = names.element()
    if (tag === contextTag(1)) emails.push(ia5(content))
    else if (tag === contextTag(2)) dns.push(ia5(content))
    else if (tag === contextTag(6)) uris.push(uriOf(ia5(content)))
    else if (tag !== contextTag(7)) continue
    else if (content.length === 4 || content.length === 16) ips.push(content)
    else throw new Error('IP address of another length')
  }
  return { dns, emails, ips, uris }
}

/** IA5String content as text; throws where it is not ASCII. */
export function ia5(content: Buffer): string {
  const text = content.toString('latin1')
  if (!isIa5(text)) throw new Error('not an IA5String')
  return text
}

function uriOf(text: string): WholeUri {
  const uri = readWholeUri(text)
  if (uri.host !== '' && !isDomain(uri.host, false)) throw new Error('URI with an invalid domain')
  return uri
}
