import type { Certificate, IpRange, NameSubtrees } from './certificate.ts'
import type { WholeUri } from './whole-uri.ts'
import { isDomain } from './domain-name.ts'
import { readIp } from './ip-address.ts'
import { type Mailbox, readMailbox } from './mailbox.ts'

/**
 * Whether the alternative names of every certificate keep to the name constraints of all those above it (RFC 5280
 * §6.1.3 b and c), by Go's rules: DNS names, e-mail and IP addresses, hosts of URIs; of a kind that is constrained, a
 * name that cannot be read fails.
 */
export function keepsNameConstraints(chain: readonly Certificate[]): boolean {
  return chain.every((certificate, i) => {
    const above = chain.slice(i + 1).filter((parent) => hasExtension(parent, '2.5.29.30'))
    if (above.length === 0 || !hasExtension(certificate, '2.5.29.17')) return true
    const names = checkable(certificate)
    return names !== undefined && above.every(({ facts }) => keeps(names, facts.permitted, facts.excluded))
  })
}

const hasExtension = ({ extensions }: Certificate, id: string): boolean => extensions.some((one) => one.id === id)

interface Names {
  readonly dns: readonly string[]
  readonly hosts: readonly string[]
  readonly mailboxes: readonly Mailbox[]
  readonly ips: readonly Buffer[]
}

/** The names in the form that is compared; undefined where one has no such form. */
function checkable({ facts: { names } }: Certificate): Names | undefined {
  const hosts = names.uris.map(hostOf)
  const mailboxes = names.emails.map(readMailbox)
  const isSound = hosts.every((host) => host !== undefined) && mailboxes.every((mailbox) => mailbox !== undefined)
  if (!isSound) return undefined
  const domains = [...names.dns, ...hosts, ...mailboxes.map(({ domain }) => domain)]
  const lowered = mailboxes.map(({ local, domain }) => ({ local, domain: domain.toLowerCase() }))
  return domains.every((domain) => isDomain(domain, false))
    ? { dns: names.dns, hosts, mailboxes: lowered, ips: names.ips }
    : undefined
}

/** The host of a URI without its port; undefined where there is none, or it is an IP address. */
function hostOf({ host }: WholeUri): string | undefined {
  const lowered = host.toLowerCase()
  if (lowered === '' || lowered.endsWith(']')) return undefined
  const colon = lowered.indexOf(':')
  if (colon >= 0 && colon !== lowered.lastIndexOf(':')) return undefined
  const name = colon < 0 ? lowered : host.slice(0, colon)
  return readIp(name) || name.startsWith('[') ? undefined : name
}

function keeps(names: Names, permitted: NameSubtrees, excluded: NameSubtrees): boolean {
  const within = (subtrees: readonly string[], name: string) => subtrees.some((one) => isWithin(one, name))
  const touches = (subtrees: readonly string[], name: string) =>
    within(subtrees, name) || subtrees.some((one) => wildcardTouches(one, name))
  const domainsKeep = (domains: readonly string[], inside: readonly string[], outside: readonly string[]) =>
    domains.every((name) => (inside.length === 0 || within(inside, name)) && !touches(outside, name))
  return (
    domainsKeep(names.dns, permitted.dns, excluded.dns) &&
    domainsKeep(names.hosts, permitted.uris, excluded.uris) &&
    names.mailboxes.every(
      (mailbox) =>
        (permitted.emails.length === 0 || holdsMailbox(permitted.emails, mailbox, within)) &&
        !holdsMailbox(excluded.emails, mailbox, touches),
    ) &&
    names.ips.every(
      (ip) =>
        (permitted.ips.length === 0 || permitted.ips.some((range) => holdsIp(range, ip))) &&
        !excluded.ips.some((range) => holdsIp(range, ip)),
    )
  )
}

/** A constraint with `@` is one mailbox, its local part exact; without, a domain. */
function holdsMailbox(
  constraints: readonly string[],
  { local, domain }: Mailbox,
  holdsDomain: (domains: readonly string[], name: string) => boolean,
): boolean {
  const exact = constraints.filter((one) => one.includes('@')).map(readMailbox)
  if (exact.some((one) => one?.local === local && one.domain.toLowerCase() === domain)) return true
  return holdsDomain(
    constraints.filter((one) => !one.includes('@')),
    domain,
  )
}

/** Whether a name is the constraint's or below it; `.example.com` holds only what is below. An empty one holds all. */
function isWithin(constraint: string, name: string): boolean {
  if (constraint === '') return true
  const [base, full] = [lower(constraint), lower(name)]
  return full.endsWith(base) && (base.startsWith('.') || full === base || full.at(-base.length - 1) === '.')
}

/** Whether `*.example.com` stands for the excluded `host.example.com`, too. */
function wildcardTouches(constraint: string, name: string): boolean {
  if (!name.startsWith('*')) return false
  const [base, full] = [withoutFirstLabel(constraint.toLowerCase()), withoutFirstLabel(name.toLowerCase())]
  return base !== '' && base === full
}

const withoutFirstLabel = (name: string): string => (name.includes('.') ? name.slice(name.indexOf('.')) : '')

const lower = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())

const holdsIp = ({ ip, mask }: IpRange, address: Buffer): boolean =>
  ip.length === address.length &&
  ip.every((byte, i) => (byte & (mask[i] ?? 0)) === ((address[i] ?? 0) & (mask[i] ?? 0)))
