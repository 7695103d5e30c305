import { sha256 } from '../../pdp/core/digest.ts'
import type { Pep, Vouch } from '../../pdp/core/service.ts'
import { parseSpiffeId, type SpiffeId } from '../../pdp/core/spiffe-id.ts'
import { type IssueParts, pemOf } from './certificates.ts'
import { domainAuthority, gateway } from './world.ts'

// A proxy of the test world, and the headers in which it forwards the certificate of whoever is connected to it.

export const proxyId = 'spiffe://prod.example/ns/edge/sa/proxy'

export const spiffeId = (text: string): SpiffeId => {
  const id = parseSpiffeId(text)
  if (!id.ok) throw new Error(id.detail)
  return id.value.id
}

/** The proxy's own certificate, as the enforcement point saw it. */
export const proxyCertificate = (parts: IssueParts = {}, id = proxyId): string => pemOf(domainAuthority.svid(id, parts))

/** The gateway, where it vouches for its peers and the proxy is named. */
export const behindProxy = (vouch: Partial<Vouch> = { xfccFrom: new Set([spiffeId(proxyId)]) }): Pep => ({
  ...gateway,
  vouch: { peerCertificate: true, ...vouch },
})

type Der = { readonly der: Buffer }

/** An element as Envoy 1.40 writes it with `cert`, `chain`, `subject`, `uri` and `dns` set. */
export const xfccElement = (chain: readonly [Der, ...Der[]], by = proxyId, more = ''): string => {
  const [leaf] = chain
  const encode = (text: string) => encodeURIComponent(text)
  return `By=${by};Hash=${sha256(leaf.der)};Cert="${encode(pemOf(leaf))}";Chain="${encode(pemOf(...chain))}"${more}`
}

/** The same as Envoy 1.40 writes it with `format: JSON`: PEM as it is, and the certificates of a chain in a list. */
export const xfccJson = (chain: readonly [Der, ...Der[]], by = proxyId): string => {
  const [leaf] = chain
  return JSON.stringify([
    {
      by: [by],
      hash: sha256(leaf.der),
      cert: pemOf(leaf),
      chain: chain.map((each) => pemOf(each)),
      subject: String.raw`O=a\;b,CN=client\,"q`,
      uri: ['spiffe://prod.example/ns/shop/sa/checkout'],
      dns: ['a.example', 'b.example'],
    },
  ])
}

/** The headers of RFC 9440. */
export const clientCertHeaders = ([leaf, ...others]: readonly [Der, ...Der[]]): Readonly<Record<string, string>> => ({
  'client-cert': `:${leaf.der.toString('base64')}:`,
  ...(others.length > 0 && {
    'client-cert-chain': others.map(({ der }) => `:${der.toString('base64')}:`).join(', '),
  }),
})
