import { contextConstructedTag, contextTag, type DerReader, derTags, readDer } from '../../x509/der.ts'
import type { IpRange, NameSubtrees } from './certificate.ts'
import { isDomain } from './domain-name.ts'
import { readIp } from './ip-address.ts'
import { readMailbox } from './mailbox.ts'
import { ia5 } from './read-alternative-names.ts'

/** Name constraints; `hasUnknown`: there are some of kinds that Go does not check. */
export interface NameConstraints {
  readonly permitted: NameSubtrees
  readonly excluded: NameSubtrees
  readonly hasUnknown: boolean
}

/** Reads a name constraints extension (RFC 5280 §4.2.1.10); throws where it is empty or malformed. */
export function readNameConstraints(value: Buffer): NameConstraints {
  const outer = readDer(value)
  const top = outer.enter(derTags.sequence)
  const permitted = top.enterIfNext(contextConstructedTag(0))
  const excluded = top.enterIfNext(contextConstructedTag(1))
  if (!outer.isEmpty() || !top.isEmpty()) throw new Error('more than name constraints')
  if ((permitted?.isEmpty() ?? true) && (excluded?.isEmpty() ?? true)) throw new Error('empty name constraints')
  const [first, second] = [readSubtrees(permitted), readSubtrees(excluded)]
  return { permitted: first.names, excluded: second.names, hasUnknown: first.hasUnknown || second.hasUnknown }
}

function readSubtrees(subtrees: DerReader | undefined) {
  const dns: string[] = []
  const ips: IpRange[] = []
  const emails: string[] = []
  const uris: string[] = []
  let hasUnknown = false
  while (subtrees && !subtrees.isEmpty()) {
    const { tag, content } = subtrees.enter(derTags.sequence).element()
    if (tag === contextTag(1)) emails.push(emailConstraint(ia5(content)))
    else if (tag === contextTag(2)) dns.push(domainConstraint(ia5(content)))
    else if (tag === contextTag(6)) uris.push(uriConstraint(ia5(content)))
    else if (tag === contextTag(7)) ips.push(ipConstraint(content))
    else hasUnknown = true
  }
  return { names: { dns, ips, emails, uris } satisfies NameSubtrees, hasUnknown }
}

function need(holds: boolean, text: string): string {
  if (!holds) throw new Error('malformed name constraint')
  return text
}

const domainConstraint = (text: string): string => need(isDomain(text, true), text)

const emailConstraint = (text: string): string =>
  need(text.includes('@') ? readMailbox(text) !== undefined : isDomain(text, true), text)

const uriConstraint = (text: string): string => need(readIp(text) === undefined && isDomain(text, true), text)

function ipConstraint(content: Buffer): IpRange {
  const half = content.length / 2
  const mask = content.subarray(half)
  const bits = Array.from(mask, (byte) => byte.toString(2).padStart(8, '0')).join('')
  if ((half !== 4 && half !== 16) || !/^1*0*$/.test(bits)) throw new Error('malformed IP constraint')
  return { ip: content.subarray(0, half), mask }
}
