import type { ConfigProblem } from './config-problem.ts'
import { readAddress } from './read-address.ts'
import type { Config } from './schema.ts'
import { authentications } from './sections/services.ts'

type Settings = Config['peps'][string]

/** Each enforcement point authenticates in exactly one way, by something it can reach, and vouches only if it does. */
export function checkPeps(config: Config): readonly ConfigProblem[] {
  return Object.entries(config.peps).flatMap(([name, pep]) =>
    [
      ...howMany(pep),
      ...vouchesUnknown(pep),
      ...proxiesWithoutPeer(pep),
      ...socketOf(config, pep),
      ...certificateOf(config, pep),
    ].map((message) => ({ at: `peps.${name}`, message })),
  )
}

function howMany(pep: Settings): string[] {
  const ways = authentications.filter((way) => pep[way] !== undefined)
  if (ways.length === 1) return []
  return ways.length === 0
    ? [`must say how it authenticates: one of ${authentications.join(', ')}`]
    : [`must authenticate in one way, not by ${ways.join(' and ')}`]
}

const vouches = ({ vouch }: Settings): boolean =>
  vouch !== undefined && (vouch.peer_certificate || vouch.xfcc_from.length > 0 || vouch.client_cert_from.length > 0)

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

function certificateOf({ tls }: Config, { spiffe_id, cert_sha256 }: Settings): string[] {
  if (spiffe_id === undefined && cert_sha256 === undefined) return []
  const own = tls === undefined || tls === 'off' ? undefined : tls
  if (!own) return ['needs `tls`: without it no certificate is ever seen']
  return own.client_ca === undefined && !('spiffe' in own) // the bundle that comes with our SVID
    ? ['needs tls.client_ca: a certificate counts only under an authority, which one of its own may be']
    : []
}
