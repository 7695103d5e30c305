import { describe, expect, test } from 'vitest'
import { codes } from '../../pdp/core/codes.ts'
import type { FoundCredential } from '../../pdp/identity/evidence.ts'
import {
  accessKey,
  apiKey,
  basic,
  clientSecret,
  hmacToken,
  secretForm,
  worldClients,
  writtenClient,
} from '../support/clients.ts'
import { keyPairs, keyPairToken } from '../support/key-pairs.ts'
import { presignBySdk, signBySdk } from '../support/aws-signers.ts'
import { clientAssertion } from '../support/client-assertion.ts'
import { frameAt } from '../support/clock.ts'
import { createFirstGate, firstGateParts } from '../support/first-gate.ts'
import {
  behindProxy,
  clientCertHeaders,
  proxyCertificate,
  proxyId,
  spiffeId,
  xfccElement,
} from '../support/forwarded.ts'
import { azureDocument } from '../support/azure.ts'
import { platformToken } from '../support/platforms.ts'
import { wimseSignature } from '../support/signed-request.ts'
import {
  accessToken,
  type AskParts,
  bearer,
  boundOpaqueToken,
  boundToken,
  checkout,
  checkoutCertificate,
  createAsk,
  domainAuthority,
  dpop,
  dpopProof,
  opaqueToken,
  orders,
  partnerCertificate,
  svid,
  vouchingGateway,
  withWpt,
  wit,
  wpt,
} from '../support/world.ts'

// Every kind of credential in every place where evidence can stand, and before every verifier. A new kind is a row, a new
// place a column, with the code and the clause of what happens there.

const token = boundToken()
const workloadToken = wit()
const signed = { 'workload-identity-token': workloadToken, ...wimseSignature(workloadToken) }

const signedRequest = await signBySdk({ key: accessKey })
const signedQuery = await presignBySdk({ key: accessKey })
const clients = { ...worldClients, driver: writtenClient([keyPairs.first.written]) }
const proxies = new Set([spiffeId(proxyId)])
const throughProxy = {
  pep: behindProxy({ xfccFrom: proxies, clientCertFrom: proxies }),
  certificate: proxyCertificate(),
}
const checkoutLeaf = domainAuthority.svid(checkout)

/** Where a text can be put, with what belongs beside it there: so that the text alone is out of place. */
const places = {
  'authorization: Bearer': (text) => ({ headers: bearer(text) }),
  'authorization: DPoP': (text) => ({ headers: dpop(text) }), // with a proof over this very text
  'authorization: Basic': (text) => ({ headers: { authorization: `Basic ${text}` } }),
  dpop: (text) => ({ headers: dpop(token, text) }),
  'x-api-key': (text) => ({ headers: { 'x-api-key': text } }),
  'workload-identity-token': (text) => ({ headers: withWpt(text) }), // with a proof over this very text
  'authorization: AWS4': (text) => ({
    headers: { authorization: text.startsWith('AWS4-') ? text : `AWS4-HMAC-SHA256 ${text}` },
    covered: signedRequest.covered ?? {},
  }),
  'query of the request': (text) => ({
    url: `https://orders.example.org/v1/orders/42?${text.startsWith('X-Amz-') ? text : `X-Amz-Signature=${encodeURIComponent(text)}`}`,
  }),
  'workload-proof-token': (text) => ({ headers: withWpt(workloadToken, text) }),
  signature: (text) => ({ headers: { ...signed, signature: text } }),
  'workload-attestation': (text) => ({ headers: { 'workload-attestation': `azure-attested ${text}` } }),
  'x-forwarded-client-cert': (text) => ({ headers: { 'x-forwarded-client-cert': text } }),
  'client-cert': (text) => ({ headers: { 'client-cert': text } }),
  'x-forwarded-client-cert of a proxy': (text) => ({
    ...throughProxy,
    headers: { 'x-forwarded-client-cert': text },
  }),
  'client-cert of a proxy': (text) => ({ ...throughProxy, headers: { 'client-cert': text } }),
  'request.certificate': (text) => ({ certificate: text }),
  'body: bearer': (text) => ({ credentials: [{ type: 'bearer', token: text }] }),
  'body: dpop': (text) => ({
    credentials: [
      { type: 'dpop', token: text },
      { type: 'dpop-proof', token: dpopProof(text) },
    ],
  }),
  'body: api-key': (text) => ({ credentials: [{ type: 'api-key', token: text }] }),
  'body: azure-attested': (text) => ({ credentials: [{ type: 'azure-attested', token: text }] }),
  'body: client-secret': (text) => ({ credentials: [{ type: 'client-secret', token: text }] }),
  'body: client assertion': (text) => ({
    credentials: [{ type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', token: text }],
  }),
} satisfies Readonly<Record<string, (text: string) => AskParts>>

type Place = keyof typeof places
type Cells = Readonly<Partial<Record<Place, string>>>

const allowed = 'ALLOWED'
const notAKey = 'CREDENTIAL_UNSUPPORTED select-key'
const notAToken = 'CREDENTIAL_MALFORMED rfc7515-7.1-segments'
const forwarded = 'VOUCH_REFUSED hop-rule-forwarded-certificate'

/** What becomes of a text that does not belong there, whatever it is; a kind's own row says where that differs. */
const outOfPlace: Cells = {
  'x-api-key': notAKey,
  'workload-identity-token': notAToken,
  'workload-proof-token': 'PROOF_INVALID rfc8725-3.11-typ',
  signature: 'PROOF_INVALID rfc9421-4-fields',
  'workload-attestation': 'CREDENTIAL_MALFORMED rfc5652-5.1-signed-data',
  'body: azure-attested': 'CREDENTIAL_MALFORMED rfc5652-5.1-signed-data',
  'x-forwarded-client-cert': forwarded,
  'client-cert': forwarded,
  'x-forwarded-client-cert of a proxy': 'CREDENTIAL_MALFORMED xfcc-element-form',
  'client-cert of a proxy': 'CREDENTIAL_MALFORMED rfc9440-2.2-client-cert',
  'request.certificate': 'CREDENTIAL_MALFORMED rfc7468-5-certificate',
  'body: api-key': notAKey,
  'authorization: Basic': 'CREDENTIAL_MALFORMED rfc7617-2-base64',
  'body: client-secret': 'CREDENTIAL_MALFORMED rfc6749-2.3.1-request-body',
  'body: client assertion': notAToken,
  'authorization: AWS4': 'CREDENTIAL_MALFORMED sigv4-parameters',
  'query of the request': 'CREDENTIAL_MALFORMED sigv4-parameters',
}

const [plain, bound, jwtAsProof, textAsProof] = [
  'PROOF_INVALID rfc9449-7.1-token-bound',
  'PROOF_REQUIRED rfc9449-7.2-bound-token-as-bearer',
  'PROOF_INVALID rfc8725-3.11-typ',
  'PROOF_INVALID rfc7515-7.1-segments',
]
const [mistyped, noSpiffeId] = ['CREDENTIAL_REFUSED rfc8725-3.11-typ', 'CREDENTIAL_UNSUPPORTED select-wit']
const macAsProof = 'PROOF_INVALID rfc8725-3.1-alg-accepted'
const mistypedAssertion: Cells = { 'body: client assertion': mistyped }
const textProofs: Cells = { dpop: textAsProof, 'workload-proof-token': textAsProof }
const unbound: Cells = {
  'authorization: Bearer': allowed,
  'body: bearer': allowed,
  'authorization: DPoP': plain,
  'body: dpop': plain,
}
const boundToKey: Cells = {
  'authorization: Bearer': bound,
  'body: bearer': bound,
  'authorization: DPoP': allowed,
  'body: dpop': allowed,
}
const everywhere = (cell: string, inHeader = cell): Cells => ({
  'authorization: Bearer': inHeader,
  'body: bearer': cell,
  'authorization: DPoP': inHeader,
  'body: dpop': cell,
})

/** PEM has spaces, and is no token. */
const certificateText: Cells = {
  'workload-attestation': 'CREDENTIAL_MALFORMED workload-attestation-form',
  ...everywhere('CREDENTIAL_MALFORMED rfc6750-2.1-b64token'),
  'authorization: Bearer': 'CREDENTIAL_MALFORMED rfc9110-11.4-authorization-form',
  'authorization: DPoP': 'CREDENTIAL_MALFORMED rfc9110-11.4-authorization-form',
  'authorization: Basic': 'CREDENTIAL_MALFORMED rfc9110-11.4-authorization-form',
  ...textProofs,
}

/** Commas separate values, in every header and slot whose value has none of its own. */
const withCommas: Cells = {
  dpop: 'CREDENTIAL_AMBIGUOUS rfc9449-4.3.1-one-proof',
  'workload-identity-token': 'CREDENTIAL_AMBIGUOUS wimse-wit-one-token',
  'workload-proof-token': 'CREDENTIAL_AMBIGUOUS wimse-wpt-one-proof',
  'body: client assertion': 'CREDENTIAL_AMBIGUOUS rfc6749-2.3-one-client-authentication',
}

/** `:` and `;` stand in no token. */
const structuredText: Cells = { ...everywhere('CREDENTIAL_MALFORMED rfc6750-2.1-b64token'), ...textProofs }

const kinds: Readonly<Record<string, { readonly make: () => string; readonly cells: Cells }>> = {
  'JWT-SVID': {
    make: svid,
    cells: {
      ...unbound,
      dpop: jwtAsProof,
      'workload-identity-token': mistyped,
      'body: client assertion': 'CREDENTIAL_REFUSED rfc7523-3.1-issuer',
    },
  },
  'access token': {
    make: accessToken,
    cells: { ...unbound, dpop: jwtAsProof, 'workload-identity-token': noSpiffeId, ...mistypedAssertion },
  },
  'token of a CI job': {
    make: () => platformToken('github-actions'),
    cells: {
      ...unbound,
      dpop: jwtAsProof,
      'workload-identity-token': noSpiffeId,
      'body: client assertion': 'CREDENTIAL_REFUSED rfc7523-3.2-subject-is-issuer',
    },
  },
  'token of a cluster that is asked': {
    make: () => platformToken('kubernetes'),
    cells: {
      ...unbound,
      dpop: jwtAsProof,
      'workload-identity-token': noSpiffeId,
      'body: client assertion': 'CREDENTIAL_REFUSED rfc7523-3.2-subject-is-issuer',
    },
  },
  'access token bound to a key': {
    make: boundToken,
    cells: { ...boundToKey, dpop: jwtAsProof, 'workload-identity-token': noSpiffeId, ...mistypedAssertion },
  },
  'attested document of Azure': {
    make: azureDocument,
    cells: {
      ...everywhere('CREDENTIAL_REFUSED rfc7662-2.2-active'),
      ...textProofs,
      'authorization: Basic': 'CREDENTIAL_MALFORMED rfc6749-2.3.1-form-encoded',
      'workload-attestation': allowed,
      'body: azure-attested': allowed,
    },
  },
  'opaque token': { make: opaqueToken, cells: { ...unbound, ...textProofs } },
  'opaque token bound to a key': { make: boundOpaqueToken, cells: { ...boundToKey, ...textProofs } },
  'WIT-SVID': {
    make: wit,
    cells: { ...everywhere(mistyped), dpop: jwtAsProof, 'workload-identity-token': allowed, ...mistypedAssertion },
  },
  'workload proof token': {
    make: () => wpt(workloadToken),
    cells: {
      ...everywhere('CREDENTIAL_MALFORMED rfc7519-4.1.1-issuer-present'),
      dpop: jwtAsProof,
      'workload-identity-token': noSpiffeId,
      'workload-proof-token': allowed,
      ...mistypedAssertion,
    },
  },
  'message signature': {
    make: () => signed.signature,
    cells: {
      ...everywhere('CREDENTIAL_MALFORMED rfc6750-2.1-b64token'),
      ...textProofs,
      signature: allowed,
      'x-forwarded-client-cert of a proxy': 'CREDENTIAL_MALFORMED xfcc-key-known',
    },
  },
  'API key': {
    make: () => apiKey.text,
    cells: {
      'x-api-key': allowed,
      'body: api-key': allowed,
      ...everywhere('CREDENTIAL_REFUSED rfc7662-2.2-active'),
      ...textProofs,
    },
  },
  'client secret by Basic': {
    make: () => basic('checkout', clientSecret.secret),
    cells: { ...everywhere('CREDENTIAL_REFUSED rfc7662-2.2-active'), ...textProofs, 'authorization: Basic': allowed },
  },
  'client secret as a form': {
    make: () => secretForm('checkout', clientSecret.secret),
    cells: { ...structuredText, 'body: client-secret': allowed },
  },
  'HMAC token': {
    make: hmacToken,
    cells: {
      ...unbound,
      dpop: macAsProof,
      'workload-proof-token': macAsProof,
      'workload-identity-token': 'CREDENTIAL_MALFORMED rfc8725-3.1-alg-accepted',
      'body: client assertion': 'CREDENTIAL_MALFORMED rfc8725-3.1-alg-accepted',
    },
  },
  'signed request': {
    make: () => String(signedRequest.headers?.['authorization']),
    cells: {
      ...withCommas,
      'authorization: Basic': 'CREDENTIAL_AMBIGUOUS rfc9110-11.6.2-one-authorization',
      ...everywhere(
        'CREDENTIAL_MALFORMED rfc6750-2.1-b64token',
        'CREDENTIAL_AMBIGUOUS rfc9110-11.6.2-one-authorization',
      ),
      'workload-attestation': 'CREDENTIAL_MALFORMED workload-attestation-form',
      'authorization: AWS4': allowed,
    },
  },
  'signed query': {
    make: () => new URL(signedQuery.url ?? '').search.slice(1),
    cells: {
      ...everywhere('CREDENTIAL_MALFORMED rfc6750-2.1-b64token'),
      ...textProofs,
      'query of the request': allowed,
    },
  },
  'key-pair token': {
    make: () => keyPairToken(keyPairs.first),
    cells: {
      ...unbound,
      dpop: jwtAsProof,
      'workload-identity-token': noSpiffeId,
      'body: client assertion': 'CREDENTIAL_REFUSED rfc7523-3.2-subject-is-issuer',
    },
  },
  'client assertion': {
    make: clientAssertion,
    cells: { ...unbound, dpop: jwtAsProof, 'workload-identity-token': noSpiffeId, 'body: client assertion': allowed },
  },
  'X.509-SVID': {
    make: () => checkoutCertificate,
    cells: {
      ...certificateText,
      'request.certificate': allowed,
    },
  },
  'certificate of a configured client': {
    make: () => partnerCertificate,
    cells: { ...certificateText, 'request.certificate': allowed },
  },
  'element of a proxy': {
    make: () => xfccElement([checkoutLeaf]),
    cells: { ...structuredText, 'x-forwarded-client-cert of a proxy': allowed },
  },
  'certificate as a structured field': {
    make: () => clientCertHeaders([checkoutLeaf])['client-cert'] ?? '',
    cells: { ...structuredText, 'client-cert of a proxy': allowed },
  },
  'DPoP proof': {
    make: () => dpopProof(token),
    cells: {
      ...everywhere('CREDENTIAL_MALFORMED rfc7515-4.1.3-jwk'),
      dpop: allowed,
      'workload-identity-token': 'CREDENTIAL_MALFORMED rfc7515-4.1.3-jwk',
      'workload-proof-token': 'PROOF_INVALID rfc7515-4.1.3-jwk',
      'body: client assertion': 'CREDENTIAL_MALFORMED rfc7515-4.1.3-jwk',
    },
  },
}

describe.each(Object.entries(kinds))('%s', (_kind, { make, cells }) => {
  test.each(Object.entries(places))('in `%s`', async (place, put) => {
    const expected = { ...outOfPlace, ...cells }[place as Place] // a key of that very table
    const ask = createAsk({ pep: vouchingGateway, ...put(make()) })
    const answer = await createFirstGate(firstGateParts(clients))(ask)
    expect(answer.ok ? allowed : `${answer.code} ${answer.clause}`).toBe(expected)
  })
})

test('every kind is allowed somewhere but those that no verifier takes, and every place but those nobody reads', () => {
  const at = (kind: string) => Object.entries(kinds[kind]?.cells ?? {}).filter(([, cell]) => cell === allowed)
  const nowhere = Object.keys(kinds).filter((kind) => at(kind).length === 0)
  expect(nowhere).toEqual([])
  const home = new Set(Object.keys(kinds).flatMap((kind) => at(kind).map(([place]) => place)))
  expect(Object.keys(places).filter((place) => !home.has(place))).toEqual(['x-forwarded-client-cert', 'client-cert'])
})

/** The verifier of each kind; a kind of the same verifier must pass it, and no other. */
const verifierOf: Readonly<Record<string, string>> = {
  'JWT-SVID': 'jwt-svid',
  'access token': 'issuer-jwt',
  'access token bound to a key': 'issuer-jwt',
  'opaque token': 'opaque-token',
  'opaque token bound to a key': 'opaque-token',
  'X.509-SVID': 'x509-svid',
  'WIT-SVID': 'wit-svid',
  'certificate of a configured client': 'mtls',
  'token of a cluster that is asked': 'kubernetes-review',
  'attested document of Azure': 'azure-attested',
  'API key': 'api-key',
  'client secret by Basic': 'client-secret',
  'client secret as a form': 'client-secret',
  'HMAC token': 'hmac-token',
  'signed request': 'aws-sigv4',
  'key-pair token': 'key-pair-jwt',
  'client assertion': 'private-key-jwt',
}

const found: Readonly<Record<string, (text: string) => FoundCredential>> = {
  'JWT-SVID': (text) => ({ form: 'jwt', scheme: 'bearer', text }),
  'access token': (text) => ({ form: 'jwt', scheme: 'bearer', text }),
  'access token bound to a key': (text) => ({ form: 'jwt', scheme: 'dpop', text }),
  'opaque token': (text) => ({ form: 'key', scheme: 'bearer', text }),
  'opaque token bound to a key': (text) => ({ form: 'key', scheme: 'dpop', text }),
  'token of a cluster that is asked': (text) => ({ form: 'jwt', scheme: 'bearer', text }),
  'attested document of Azure': (text) => ({ form: 'document', scheme: 'azure-attested', text }),
  'API key': (text) => ({ form: 'key', scheme: 'api-key', text }),
  'X.509-SVID': (text) => ({ form: 'certificate', scheme: 'tls', text }),
  'WIT-SVID': (text) => ({ form: 'jwt', scheme: 'wit', text }),
  'client secret by Basic': (text) => ({ form: 'key', scheme: 'basic', text }),
  'client secret as a form': (text) => ({ form: 'key', scheme: 'form', text }),
  'HMAC token': (text) => ({ form: 'jwt', scheme: 'bearer', text }),
  'signed request': (text) => ({ form: 'signed-request', scheme: 'aws4', text }),
  'key-pair token': (text) => ({ form: 'jwt', scheme: 'bearer', text }),
  'client assertion': (text) => ({ form: 'jwt', scheme: 'client-assertion', text }),
  'certificate of a configured client': (text) => ({ form: 'certificate', scheme: 'tls', text }),
}

const { request, evidence } = createAsk(signedRequest)
/** The request that the signed one is, for verifiers that look at it. */
const presented = {
  ...(request && { request }),
  headerValues: (name: string) => evidence.covered?.get(name) ?? [],
  headerNames: () => [...(evidence.covered?.keys() ?? [])],
}

describe.each(Object.entries(found))('%s before a verifier', (kind, place) => {
  const methods = firstGateParts(clients).verifiers.map(({ method }) => method)
  test.each(methods)('%s', async (method) => {
    const { verifiers, open } = firstGateParts(clients)
    const credential = open(place(kinds[kind]?.make() ?? ''))
    const verifier = verifiers.find((each) => each.method === method)
    if (!credential.ok || !verifier) throw new Error('the row is not complete')
    const answer = await verifier.verify(credential.value, { service: orders, ...presented }, frameAt())
    expect(answer.ok, answer.ok ? '' : answer.clause).toBe(verifierOf[kind] === method)
    if (!answer.ok) expect(codes[answer.code]).toMatchObject({ http: 401 })
  })
})
