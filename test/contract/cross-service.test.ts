import { createHash, randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Ask } from '../../pdp/core/ask.ts'
import type { Code } from '../../pdp/core/codes.ts'
import { ok } from '../../pdp/core/result.ts'
import type { Pep, Service, Vouch } from '../../pdp/core/service.ts'
import { createMtlsVerifier } from '../../pdp/identity/verifiers/mtls.ts'
import { createAuthority, extension, general, pemOf } from '../support/certificates.ts'
import { basic, madeApiKey, madeClientSecret, worldClients, writtenClient } from '../support/clients.ts'
import { noon } from '../support/clock.ts'
import { createFirstGate, firstGateParts, nonces } from '../support/first-gate.ts'
import {
  behindProxy,
  clientCertHeaders,
  proxyCertificate,
  proxyId,
  spiffeId,
  xfccElement,
  xfccJson,
} from '../support/forwarded.ts'
import { platformToken } from '../support/platforms.ts'
import { signatureHeaders, wimseSignature } from '../support/signed-request.ts'
import {
  accessToken,
  bearer,
  billing,
  boundOpaqueToken,
  boundToken,
  checkout,
  clientKey,
  createAsk,
  domainAuthority,
  dpop,
  dpopProof,
  gateway,
  opaqueToken,
  orders,
  vouchingGateway,
  withWpt,
  wit,
  wpt,
} from '../support/world.ts'

// Two services, one gateway that may ask for both. What was meant for one service is refused at the other, also when the
// gateway that presents it asks for both.

const other = (service: Service): Service => (service === orders ? billing : orders)
const [audience, target] = [
  (service: Service) => service.audiences[0],
  (service: Service) => `${service.origins[0]}/v1/orders/42`,
]

const tokenFor = (service: Service) => accessToken({ claims: { aud: audience(service) } })
const boundFor = (service: Service) => boundToken({ claims: { aud: audience(service) } })
const proofFor = (service: Service, token: string) => dpopProof(token, { claims: { htu: target(service) } })
const askFor = (service: Service, headers: Record<string, string | readonly string[]>, askId?: string) =>
  createAsk({ service, headers, url: target(service), ...(askId !== undefined && { askId }) })

/** What was presented before, if anything, and then the ask whose outcome counts; the twin comes first, on its own gate. */
interface Cell {
  readonly name: string
  readonly twin: (service: Service) => readonly Ask[]
  readonly asks: (service: Service) => readonly Ask[]
  readonly code: Code
  readonly clause?: string
}

const opaqueFor = (service: Service) => opaqueToken({ claims: { aud: audience(service) } })
const boundOpaque = (meantFor: Service, service: Service, proofAt: Service) => {
  const token = boundOpaqueToken({ claims: { aud: audience(meantFor) } })
  return askFor(service, dpop(token, proofFor(proofAt, token)))
}

const bound = (service: Service) => {
  const token = boundFor(service)
  return askFor(service, dpop(token, proofFor(service, token)))
}

/** A client for each service, with a key and a secret of its own. */
const clients = Object.fromEntries(
  [orders, billing].map(({ name }) => [
    `of-${name}`,
    writtenClient([madeApiKey(name).written, madeClientSecret(name).written], { services: [name] }),
  ]),
)
const registered: Readonly<Record<string, (of: Service, at: Service) => Ask>> = {
  'API key': (of, at) => askFor(at, { 'x-api-key': madeApiKey(of.name).text }),
  'client secret': (of, at) =>
    askFor(at, { authorization: `Basic ${basic(`of-${of.name}`, madeClientSecret(of.name).secret)}` }),
}

/** A workload identity token, which names no service, with a proof of either kind for the target of `of`. */
const withWptFor = (service: Service, of: Service) => {
  const token = wit()
  return askFor(service, withWpt(token, wpt(token, { claims: { aud: target(of) } })))
}
const withWimseFor = (service: Service, of: Service) => {
  const token = wit()
  return askFor(service, { 'workload-identity-token': token, ...wimseSignature(token, of.origins[0]) })
}

/** A token that holds its key, with a signature over the target of `of`; both services have the same rules. */
const withSignatureFor = (service: Service, of: Service) => {
  const token = accessToken({ claims: { aud: audience(service), cnf: { jwk: clientKey.jwk } } })
  const headers = signatureHeaders({
    components: [
      ['"@method"', 'GET'],
      ['"@target-uri"', target(of)],
      ['"authorization"', `Bearer ${token}`],
    ],
    parameters: `;created=${Math.trunc(noon / 1000)};nonce="${randomUUID()}";tag="request"`,
    key: clientKey,
  })
  const rules = {
    tag: 'request',
    components: ['@method', '@target-uri'],
    nonce: 'required',
    contentDigest: 'compare',
  } as const
  return askFor({ ...service, httpSignature: rules }, { ...bearer(token), ...headers })
}

/** Platforms whose tokens are bearers: of a CI job, and of a cluster that is asked. */
const platformCells = (['github-actions', 'kubernetes'] as const).flatMap((name): readonly Cell[] => {
  const askOf = (service: Service, meantFor: Service, askId?: string) =>
    askFor(service, bearer(platformToken(name, { aud: audience(meantFor) })), askId)
  return [
    {
      name: `token of ${name} of its own`,
      twin: (service) => [askOf(service, service)],
      asks: (service) => [askOf(service, service)],
      code: 'ALLOWED',
    },
    {
      name: `token of ${name} that the other service accepted a moment ago`,
      twin: (service) => [askOf(service, service)],
      asks: (service) => [askOf(other(service), other(service)), askOf(service, other(service))],
      code: 'AUDIENCE_REFUSED',
      clause: 'rfc7519-4.1.3-aud',
    },
  ]
})

const cells: readonly Cell[] = [
  ...platformCells,
  {
    name: 'bearer token of its own',
    twin: (service) => [askFor(service, bearer(tokenFor(service)))],
    asks: (service) => [askFor(service, bearer(tokenFor(service)))],
    code: 'ALLOWED',
  },
  {
    name: 'bearer token of the other service',
    twin: (service) => [askFor(service, bearer(tokenFor(service)))],
    asks: (service) => [askFor(service, bearer(tokenFor(other(service))))],
    code: 'AUDIENCE_REFUSED',
    clause: 'rfc7519-4.1.3-aud',
  },
  {
    name: 'bearer token that the other service accepted a moment ago',
    twin: (service) => [askFor(service, bearer(tokenFor(service)))],
    asks: (service) => [
      askFor(other(service), bearer(tokenFor(other(service)))),
      askFor(service, bearer(tokenFor(other(service)))),
    ],
    code: 'AUDIENCE_REFUSED',
    clause: 'rfc7519-4.1.3-aud',
  },
  {
    name: 'bound token with its proof',
    twin: (service) => [bound(service)],
    asks: (service) => [bound(service)],
    code: 'ALLOWED',
  },
  {
    name: 'bound token of the other service, proof for this one',
    twin: (service) => [bound(service)],
    asks: (service) => {
      const token = boundFor(other(service))
      return [askFor(service, dpop(token, proofFor(service, token)))]
    },
    code: 'AUDIENCE_REFUSED',
    clause: 'rfc7519-4.1.3-aud',
  },
  {
    name: 'token of this service, proof for the origin of the other',
    twin: (service) => [bound(service)],
    asks: (service) => {
      const token = boundFor(service)
      return [askFor(service, dpop(token, proofFor(other(service), token)))]
    },
    code: 'PROOF_INVALID',
    clause: 'rfc9449-4.3.9-htu',
  },
  {
    name: 'proof over an unbound token',
    twin: (service) => [bound(service)],
    asks: (service) => {
      const token = tokenFor(service)
      return [askFor(service, dpop(token, proofFor(service, token)))]
    },
    code: 'PROOF_INVALID',
    clause: 'rfc9449-7.1-token-bound',
  },
  {
    name: 'bound token as bearer',
    twin: (service) => [bound(service)],
    asks: (service) => [askFor(service, bearer(boundFor(service)))],
    code: 'PROOF_REQUIRED',
    clause: 'rfc9449-7.2-bound-token-as-bearer',
  },
  {
    name: 'two proofs',
    twin: (service) => [bound(service)],
    asks: (service) => {
      const token = boundFor(service)
      return [askFor(service, dpop(token, [proofFor(service, token), proofFor(service, token)]))]
    },
    code: 'CREDENTIAL_AMBIGUOUS',
    clause: 'rfc9449-4.3.1-one-proof',
  },
  {
    name: 'the same ask retried by its PEP with its ask id',
    twin: (service) => [bound(service)],
    asks: (service) => {
      const token = boundFor(service)
      const ask = askFor(service, dpop(token, proofFor(service, token)), 'ask-1')
      return [ask, ask]
    },
    code: 'ALLOWED',
  },
  {
    name: 'opaque token of its own',
    twin: (service) => [askFor(service, bearer(opaqueFor(service)))],
    asks: (service) => [askFor(service, bearer(opaqueFor(service)))],
    code: 'ALLOWED',
  },
  {
    name: 'opaque token of the other service',
    twin: (service) => [askFor(service, bearer(opaqueFor(service)))],
    asks: (service) => [askFor(service, bearer(opaqueFor(other(service))))],
    code: 'AUDIENCE_REFUSED',
    clause: 'rfc7519-4.1.3-aud',
  },
  {
    name: 'opaque token that the other service accepted a moment ago',
    twin: (service) => [askFor(service, bearer(opaqueFor(service)))],
    asks: (service) => {
      const token = opaqueFor(other(service))
      return [askFor(other(service), bearer(token)), askFor(service, bearer(token))]
    },
    code: 'AUDIENCE_REFUSED',
    clause: 'rfc7519-4.1.3-aud',
  },
  {
    name: 'bound opaque token of the other service, proof for this one',
    twin: (service) => [boundOpaque(service, service, service)],
    asks: (service) => [boundOpaque(other(service), service, service)],
    code: 'AUDIENCE_REFUSED',
    clause: 'rfc7519-4.1.3-aud',
  },
  {
    name: 'bound opaque token of this service, proof for the origin of the other',
    twin: (service) => [boundOpaque(service, service, service)],
    asks: (service) => [boundOpaque(service, service, other(service))],
    code: 'PROOF_INVALID',
    clause: 'rfc9449-4.3.9-htu',
  },
  {
    name: 'a replayed proof',
    twin: (service) => [bound(service), bound(service)],
    asks: (service) => {
      const ask = bound(service)
      return [ask, ask]
    },
    code: 'REPLAYED',
    clause: 'first-use',
  },
  {
    name: 'a replayed proof under another ask id',
    twin: (service) => {
      const token = boundFor(service)
      const ask = askFor(service, dpop(token, proofFor(service, token)), 'ask-1')
      return [ask, ask]
    },
    asks: (service) => {
      const token = boundFor(service)
      const proof = proofFor(service, token)
      return [askFor(service, dpop(token, proof), 'ask-1'), askFor(service, dpop(token, proof), 'ask-2')]
    },
    code: 'REPLAYED',
    clause: 'first-use',
  },
  {
    name: 'a replayed proof under the same ask id for another question',
    twin: (service) => {
      const token = boundFor(service)
      const ask = askFor(service, dpop(token, proofFor(service, token)), 'ask-1')
      return [ask, ask]
    },
    asks: (service) => {
      const token = boundFor(service)
      const ask = askFor(service, dpop(token, proofFor(service, token)), 'ask-1')
      return [ask, { ...ask, questions: [{ action: { name: 'delete' }, resource: { type: 'order', id: '42' } }] }]
    },
    code: 'REPLAYED',
    clause: 'first-use',
  },
  {
    name: 'a replayed proof under the same ask id from another PEP',
    twin: (service) => {
      const token = boundFor(service)
      const ask = askFor(service, dpop(token, proofFor(service, token)), 'ask-1')
      return [ask, ask]
    },
    asks: (service) => {
      const token = boundFor(service)
      const ask = askFor(service, dpop(token, proofFor(service, token)), 'ask-1')
      return [ask, { ...ask, pep: { ...ask.pep, name: 'another' } }]
    },
    code: 'REPLAYED',
    clause: 'first-use',
  },
  {
    name: 'bound token with its proof and a nonce of its own',
    twin: (service) => [withNonce(service, service)],
    asks: (service) => [withNonce(service, service)],
    code: 'ALLOWED',
  },
  {
    name: 'bound token with its proof and a nonce of the other service',
    twin: (service) => [withNonce(service, service)],
    asks: (service) => [withNonce(service, other(service))],
    code: 'PROOF_NONCE_REQUIRED',
    clause: 'rfc9449-4.3.10-nonce',
  },
  ...(
    [
      ['workload identity token with a proof token', withWptFor, 'wimse-wpt-aud'],
      ['workload identity token with a signature', withWimseFor, 'wimse-http-signature-3.1-aud'],
      ['token that holds its key with a signature', withSignatureFor, 'rfc7515-5.2-signature'],
    ] as const
  ).flatMap(([name, make, clause]): readonly Cell[] => [
    {
      name: `${name} for it`,
      twin: (service) => [make(service, service)],
      asks: (service) => [make(service, service)],
      code: 'ALLOWED',
    },
    {
      name: `${name} for the other service`,
      twin: (service) => [make(service, service)],
      asks: (service) => [make(service, other(service))],
      code: 'PROOF_INVALID',
      clause,
    },
    {
      name: `${name}, replayed`,
      twin: (service) => [make(service, service), make(service, service)],
      asks: (service) => {
        const ask = make(service, service)
        return [ask, ask]
      },
      code: 'REPLAYED',
      clause: 'first-use',
    },
    {
      name: `${name}, which the other service accepted a moment ago`,
      twin: (service) => [make(service, service)],
      asks: (service) => {
        const ask = make(other(service), other(service))
        return [ask, { ...ask, service: make(service, service).service }]
      },
      code: name.startsWith('token') ? 'AUDIENCE_REFUSED' : 'PROOF_INVALID',
    },
  ]),
  // a certificate is for no service: what keeps it apart is who vouches for it, and which service that one may ask for
  ...Object.entries(registered).flatMap(([name, make]): readonly Cell[] => [
    {
      name: `${name} of a client registered for it`,
      twin: (service) => [make(service, service)],
      asks: (service) => [make(service, service)],
      code: 'ALLOWED',
    },
    {
      name: `${name} of a client registered for the other service, which accepted it a moment ago`,
      twin: (service) => [make(service, service)],
      asks: (service) => [make(other(service), other(service)), make(other(service), service)],
      code: 'AUDIENCE_REFUSED',
    },
  ]),
  {
    name: 'a certificate that the enforcement point vouches for',
    twin: (service) => [withCertificate(service, vouchingGateway)],
    asks: (service) => [withCertificate(other(service), vouchingGateway), withCertificate(service, vouchingGateway)],
    code: 'ALLOWED',
  },
  {
    name: 'a certificate through one that vouches for nothing, accepted a moment ago through one that does',
    twin: (service) => [withCertificate(service, vouchingGateway)],
    asks: (service) => [withCertificate(other(service), vouchingGateway), withCertificate(service, gateway)],
    code: 'VOUCH_REFUSED',
    clause: 'hop-rule-vouch-peer-certificate',
  },
  {
    name: 'a certificate that a named proxy forwards',
    twin: (service) => [forwarded(service)],
    asks: (service) => [forwarded(other(service)), forwarded(service)],
    code: 'ALLOWED',
  },
  {
    name: 'the same header through an enforcement point that names no proxy',
    twin: (service) => [forwarded(service)],
    asks: (service) => [forwarded(other(service)), { ...forwarded(service), pep: vouchingGateway }],
    code: 'VOUCH_REFUSED',
    clause: 'hop-rule-forwarded-certificate',
  },
  {
    name: 'a certificate that a named proxy forwards as JSON, with its chain',
    twin: (service) => [forwarded(service)],
    asks: (service) => [forwardedBy(xfccFrom, xfccAsJson)(other(service)), forwardedBy(xfccFrom, xfccAsJson)(service)],
    code: 'ALLOWED',
  },
  {
    name: 'a certificate that a named proxy forwards in Client-Cert',
    twin: (service) => [forwarded(service)],
    asks: (service) => [inClientCert(other(service)), inClientCert(service)],
    code: 'ALLOWED',
  },
  {
    name: 'Client-Cert through an enforcement point that takes the other header from that proxy',
    twin: (service) => [inClientCert(service)],
    asks: (service) => [inClientCert(other(service)), { ...inClientCert(service), pep: behindProxy() }],
    code: 'VOUCH_REFUSED',
    clause: 'hop-rule-forwarded-certificate',
  },
  {
    name: 'a certificate of a client by its name',
    twin: (service) => [withClient(service, vouchingGateway)],
    asks: (service) => [withClient(other(service), vouchingGateway), withClient(service, vouchingGateway)],
    code: 'ALLOWED',
  },
  {
    name: 'a certificate of a client by its name through one that vouches for nothing',
    twin: (service) => [withClient(service, vouchingGateway)],
    asks: (service) => [withClient(other(service), vouchingGateway), withClient(service, gateway)],
    code: 'VOUCH_REFUSED',
    clause: 'hop-rule-vouch-peer-certificate',
  },
  {
    name: 'a token of the other service beside a forwarded certificate that it is bound to',
    twin: (service) => [forwarded(service, certificateBound(service))],
    asks: (service) => [forwarded(service, certificateBound(other(service)))],
    code: 'AUDIENCE_REFUSED',
    clause: 'rfc7519-4.1.3-aud',
  },
]

const leaf = domainAuthority.svid(checkout)
const withCertificate = (service: Service, pep: Pep): Ask =>
  createAsk({ service, pep, url: target(service), certificate: pemOf(leaf) })
const forwarded = (service: Service, headers: Readonly<Record<string, string>> = {}): Ask =>
  createAsk({
    service,
    pep: behindProxy(),
    url: target(service),
    certificate: proxyCertificate(),
    headers: { 'x-forwarded-client-cert': xfccElement([leaf]), ...headers },
  })
const xfccFrom = { xfccFrom: new Set([spiffeId(proxyId)]) }
const clientCertFrom = { clientCertFrom: new Set([spiffeId(proxyId)]) }
const xfccAsJson = { 'x-forwarded-client-cert': xfccJson([leaf, domainAuthority]) }
const forwardedBy = (vouch: Partial<Vouch>, headers: Readonly<Record<string, string>>) => (service: Service) =>
  createAsk({ service, pep: behindProxy(vouch), url: target(service), certificate: proxyCertificate(), headers })
const inClientCert = forwardedBy(clientCertFrom, clientCertHeaders([leaf]))
const partners = createAuthority('partners')
const partnerAuthorities = [partners.der]
const clientLeaf = partners.issue({ extensions: [extension.names([general.dns('shop.partner.example')])] })
const partnerClients = createMtlsVerifier({
  name: 'partners',
  trust: { asOf: () => noon, anchors: async () => ok(partnerAuthorities) },
  clients: [{ id: 'shop', name: { by: 'san_dns', value: 'shop.partner.example' } }],
  facts: [],
})
const withClient = (service: Service, pep: Pep): Ask =>
  createAsk({ service, pep, url: target(service), certificate: pemOf(clientLeaf) })
const certificateBound = (service: Service) => {
  const x5t = createHash('sha256').update(leaf.der).digest('base64url')
  return bearer(accessToken({ claims: { aud: audience(service), cnf: { 'x5t#S256': x5t } } }))
}

/** A token of the service and its proof, with a nonce that `of` gave. */
const withNonce = (service: Service, of: Service) => {
  const token = boundFor(service)
  const proof = dpopProof(token, { claims: { htu: target(service), nonce: nonces.give(of.name, noon) } })
  return askFor({ ...service, dpopNonce: 'required' }, dpop(token, proof))
}

async function outcome(asks: readonly Ask[]) {
  const gate = createFirstGate({
    verifiers: [...firstGateParts({ ...worldClients, ...clients }).verifiers, partnerClients],
  })
  let last
  for (const ask of asks) last = await gate(ask)
  return last?.ok ? { code: 'ALLOWED' } : last
}

describe.each([orders, billing])('at $name', (service) => {
  test.each(cells)('$name: $code', async ({ twin, asks, code, clause }) => {
    expect(await outcome(twin(service)), 'the twin must be allowed').toMatchObject({ code: 'ALLOWED' })
    expect(await outcome(asks(service))).toMatchObject({ code, ...(clause !== undefined && { clause }) })
  })
})
