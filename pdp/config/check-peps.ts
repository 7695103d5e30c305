import type { ConfigProblem } from './config-problem.ts'
import { readAddress } from './read-address.ts'
import type { Config } from './schema.ts'
import { authentications } from './sections/services.ts'

type Settings = Config['peps'][string]

/** Each enforcement point authenticates in exactly one way, by something it can reach, and vouches only if it does. */
export function checkPeps(config: Config): readonly ConfigProblem[] {
  const each = Object.entries(config.peps).flatMap(([name, pep]) =>
    [
      ...howMany(pep),
      ...vouchesUnknown(pep),
      ...proxiesWithoutPeer(pep),
      ...socketOf(config, pep),
      ...certificateOf(config, pep),
    ].map((message) => ({ at: `peps.${name}`, message })),
  )
  return [...each, ...pooledDomains(config)]
}

function howMany(pep: Settings): string[] {
  const ways = authentications.filter((way) => pep[way] !== undefined)
  if (ways.length === 1) return []
  return ways.length === 0
    ? [`must say how it authenticates: one of ${authentications.join(', ')}`]
    : [`must authenticate in one way, not by ${ways.join(' and ')}`]
}

const vouches = ({ vouch }: Settings): boolean =>
  vouch !== undefined &&
  (vouch.peer_certificate || vouch.source_address || vouch.xfcc_from.length > 0 || vouch.client_cert_from.length > 0)

const vouchesUnknown = (pep: Settings): string[] =>
  pep.none === true && vouches(pep) ? ['must not vouch: with `none` anyone could be it'] : []

const proxiesWithoutPeer = ({ vouch }: Settings): string[] =>
  vouch && !vouch.peer_certificate && vouch.xfcc_from.length + vouch.client_cert_from.length > 0
    ? ['needs vouch.peer_certificate: by its own certificate it is known whether a proxy is one of those named']
    : []

function socketOf({ listen }: Config, { socket }: Settings): string[] {
  if (socket === undefined) return []
  if (socket !== 'decisions' && socket !== 'ext_authz')
    return ['`socket` must be `decisions` or `ext_authz`, a key of listen']
  const address = listen[socket]
  return address !== undefined && readAddress(address)?.kind === 'unix'
    ? []
    : [`\`socket\` needs listen.${socket} to be unix:PATH`]
}

function certificateOf({ tls, trust }: Config, { spiffe_id, cert_sha256 }: Settings): string[] {
  if (spiffe_id === undefined && cert_sha256 === undefined) return []
  const own = tls === undefined || tls === 'off' ? undefined : tls
  if (!own) return ['needs `tls`: without it no certificate is ever seen']
  if (own.client_ca !== undefined || (spiffe_id !== undefined && hasBundle(trust, spiffe_id))) return []
  return spiffe_id === undefined
    ? ['needs tls.client_ca: a certificate counts only under an authority, which one of its own may be']
    : ['needs its trust domain in `trust`, or tls.client_ca: a certificate counts only under an authority']
}

const domainOf = (spiffeId: string): string => spiffeId.slice('spiffe://'.length).split('/', 1)[0] ?? ''

const hasBundle = (trust: Config['trust'], spiffeId: string): boolean =>
  trust.some((anchor) => 'spiffe' in anchor && anchor.spiffe === domainOf(spiffeId))

/** One file of authorities cannot say which of them is whose: those of one trust domain could issue IDs of another. */
function pooledDomains({ peps, trust }: Config): readonly ConfigProblem[] {
  const seen = new Set<string>()
  return Object.entries(peps).flatMap(([name, { spiffe_id }]) => {
    if (spiffe_id === undefined || hasBundle(trust, spiffe_id)) return []
    seen.add(domainOf(spiffe_id))
    return seen.size > 1
      ? [
          {
            at: `peps.${name}`,
            message: 'needs its trust domain in `trust`: tls.client_ca cannot stand for two domains',
          },
        ]
      : []
  })
}
