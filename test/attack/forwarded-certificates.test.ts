import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Ask } from '../../pdp/core/ask.ts'
import { sha256 } from '../../pdp/core/digest.ts'
import type { Pep } from '../../pdp/core/service.ts'
import { createAuthority, extension, general, name, pemOf, type TestCertificate } from '../support/certificates.ts'
import { noon } from '../support/clock.ts'
import { createFirstGate } from '../support/first-gate.ts'
import {
  behindProxy,
  clientCertHeaders,
  proxyCertificate,
  proxyId,
  spiffeId,
  xfccElement,
} from '../support/forwarded.ts'
import { createTestRevocations } from '../support/revocations.ts'
import { refusesOnly } from '../support/twin.ts'
import {
  accessToken,
  bearer,
  checkout,
  checkoutCertificate,
  createAsk,
  createService,
  domainAuthority,
  gateway,
  svid,
  vouchingGateway,
} from '../support/world.ts'

// Forwarded certificates are the most spoofed evidence there is (Envoy issue 6038): whoever reaches a server can send the
// header. It counts from a proxy that is named, known by its own certificate, and for one client only.

const victim = domainAuthority.svid('spiffe://prod.example/ns/shop/sa/payments')
const caller = domainAuthority.svid(checkout)
const between = domainAuthority.authority('between')
const deep = between.svid(checkout)
const gate = createFirstGate()
const check = (ask: Ask) => gate(ask)

interface HopParts {
  readonly pep?: Pep
  readonly certificate?: string | null
  readonly headers: Readonly<Record<string, string | readonly string[]>>
}
const through = ({ pep = behindProxy(), certificate = proxyCertificate(), headers }: HopParts): Ask =>
  createAsk({ pep, headers, ...(certificate !== null && { certificate }) })
const xfcc = (header: string | readonly string[], parts: Partial<HopParts> = {}): Ask =>
  through({ ...parts, headers: { 'x-forwarded-client-cert': header } })
const good = () => xfcc(xfccElement([caller]))
const rfc9440 = behindProxy({ clientCertFrom: new Set([spiffeId(proxyId)]) })
const goodClientCert = () => through({ pep: rfc9440, headers: clientCertHeaders([deep, between]) })

describe('a named proxy forwards the certificate of its client', () => {
  test.for<readonly [string, () => Ask]>([
    ['in X-Forwarded-Client-Cert', good],
    ['with a chain', () => xfcc(xfccElement([deep, between]))],
    [
      'as the last of several proxies',
      () => xfcc(`${xfccElement([victim], 'spiffe://prod.example/ns/edge/sa/front')},${xfccElement([caller])}`),
    ],
    [
      'in the JSON form',
      () =>
        xfcc(
          JSON.stringify([
            {
              By: proxyId,
              Hash: sha256(caller.der),
              Cert: encodeURIComponent(pemOf(caller)),
              URI: [checkout],
              DNS: [],
            },
          ]),
        ),
    ],
    ['in Client-Cert', () => through({ pep: rfc9440, headers: clientCertHeaders([caller]) })],
    ['in Client-Cert and Client-Cert-Chain', goodClientCert],
  ])('%s', async ([, ask]) => {
    const answer = await gate(ask())
    expect(answer).toMatchObject({
      ok: true,
      value: {
        subject: {
          id: checkout,
          methods: ['x509-svid', 'tls-handshake'],
          assurance: { level: 3, possession: 'channel' },
        },
        verified: [{ method: 'x509-svid', via: proxyId }],
      },
    })
  })

  test('and ends with whichever of the two certificates ends first', async () => {
    const answer = await gate(
      xfcc(xfccElement([caller]), { certificate: proxyCertificate({ notAfter: noon + 60_000 }) }),
    )
    expect(answer).toMatchObject({ ok: true, value: { expiresAt: noon + 60_000 } })
  })

  test('beside a token of the same workload; only what the proxy saw came by it', async () => {
    const ask = through({ headers: { 'x-forwarded-client-cert': xfccElement([caller]), ...bearer(svid()) } })
    const answer = await gate(ask)
    expect(answer.ok && answer.value.verified.map(({ method, via }) => [method, via])).toEqual([
      ['jwt-svid', undefined],
      ['x509-svid', proxyId],
    ])
  })

  test('as the proof of a token bound to it (RFC 8705 §3)', async () => {
    const x5t = createHash('sha256').update(caller.der).digest('base64url')
    const token = bearer(accessToken({ claims: { cnf: { 'x5t#S256': x5t } } }))
    const bound = (chain: readonly [TestCertificate]) =>
      through({ headers: { 'x-forwarded-client-cert': xfccElement(chain), ...token } })
    expect(await gate(bound([caller]))).toMatchObject({
      ok: true,
      value: { verified: [{ via: proxyId }, { via: proxyId }] },
    })
    await refusesOnly(check, bound([caller]), bound([victim]), {
      code: 'CREDENTIAL_REFUSED',
      clause: 'rfc8705-3-x5t-s256',
    })
  })
})

describe('the proxy itself', () => {
  test('is no caller: without a forwarded certificate there is none', async () => {
    await refusesOnly(check, good(), through({ headers: {} }), {
      code: 'CREDENTIAL_MISSING',
      clause: 'identity-required',
    })
    const service = createService('orders', { identity: 'optional' })
    const answer = await gate(createAsk({ service, pep: behindProxy(), certificate: proxyCertificate() }))
    expect(answer.ok && answer.value.subject).toBeUndefined()
  })

  test('may bring a caller that has a token alone', async () => {
    const answer = await gate(through({ headers: bearer(svid()) }))
    expect(answer).toMatchObject({ ok: true, value: { subject: { id: checkout, methods: ['jwt-svid'] } } })
  })

  test('a peer that is not named is a caller like any other', async () => {
    const answer = await gate(createAsk({ pep: behindProxy(), certificate: checkoutCertificate }))
    expect(answer).toMatchObject({
      ok: true,
      value: { subject: { id: checkout }, verified: [{ method: 'x509-svid' }] },
    })
    expect(answer.ok && answer.value.verified[0]).not.toHaveProperty('via')
  })

  test('revoked, it forwards nothing', async () => {
    const revocations = createTestRevocations(() => noon)
    const gate = createFirstGate({ revocation: revocations.view })
    expect(await gate(good())).toMatchObject({ ok: true })
    const target = { by: 'subject', issuer: 'spiffe://prod.example', id: proxyId } as const
    revocations.writer.revoke({ target, reason: 'lost', since: noon })
    expect(await gate(good())).toMatchObject({ code: 'REVOKED' })
  })
})

const elsewhere = createAuthority('prod.example root') // the same name, another key
const sanInjection = domainAuthority.svid(checkout, {
  extensions: [extension.names([general.uri(checkout), general.dns('x.example')])],
})

describe('header spoofing (Envoy issue 6038)', () => {
  const named = 'hop-rule-forwarded-certificate'
  test.for<readonly [string, () => Ask, string, string]>([
    [
      'without a certificate of the peer',
      () => xfcc(xfccElement([caller]), { certificate: null }),
      'VOUCH_REFUSED',
      named,
    ],
    [
      'through an enforcement point that names no proxy',
      () => xfcc(xfccElement([caller]), { pep: vouchingGateway }),
      'VOUCH_REFUSED',
      named,
    ],
    [
      'through one that vouches for nothing',
      () => xfcc(xfccElement([caller]), { pep: gateway }),
      'VOUCH_REFUSED',
      'hop-rule-vouch-peer-certificate',
    ],
    [
      'through one that vouches for nothing, without a certificate',
      () => xfcc(xfccElement([caller]), { pep: gateway, certificate: null }),
      'VOUCH_REFUSED',
      named,
    ],
    [
      'by a workload that is no proxy',
      () => xfcc(xfccElement([victim], checkout), { certificate: checkoutCertificate }),
      'VOUCH_REFUSED',
      named,
    ],
    [
      'by a proxy of another name',
      () => xfcc(xfccElement([caller]), { certificate: proxyCertificate({}, `${proxyId}2`) }),
      'VOUCH_REFUSED',
      named,
    ],
    [
      'by a proxy whose certificate another authority signed',
      () => xfcc(xfccElement([caller]), { certificate: pemOf(elsewhere.svid(proxyId)) }),
      'SIGNATURE_INVALID',
      'rfc5280-6.1.3-signature',
    ],
    [
      'by a proxy whose certificate has expired',
      () => xfcc(xfccElement([caller]), { certificate: proxyCertificate({ notAfter: noon - 1_000 }) }),
      'EXPIRED',
      'rfc5280-6.1.3-not-after',
    ],
    [
      'Client-Cert from a proxy named for the other header',
      () => through({ headers: clientCertHeaders([caller]) }),
      'VOUCH_REFUSED',
      named,
    ],
    [
      'X-Forwarded-Client-Cert from a proxy named for Client-Cert',
      () => xfcc(xfccElement([caller]), { pep: rfc9440 }),
      'VOUCH_REFUSED',
      named,
    ],
    [
      'both headers, one of them from the client',
      () => through({ headers: { ...clientCertHeaders([victim]), 'x-forwarded-client-cert': xfccElement([caller]) } }),
      'VOUCH_REFUSED',
      named,
    ],
    [
      'both headers, where the proxy may send either',
      () =>
        through({
          pep: behindProxy({ xfccFrom: new Set([spiffeId(proxyId)]), clientCertFrom: new Set([spiffeId(proxyId)]) }),
          headers: { ...clientCertHeaders([victim]), 'x-forwarded-client-cert': xfccElement([caller]) },
        }),
      'CREDENTIAL_AMBIGUOUS',
      'hop-rule-one-header',
    ],
    [
      'two headers of one name',
      () => xfcc([xfccElement([victim]), xfccElement([caller])]),
      'CREDENTIAL_AMBIGUOUS',
      'evidence-one-value-per-slot',
    ],
    ['a leaf that does not chain', () => xfcc(xfccElement([deep])), 'CERTIFICATE_REFUSED', 'rfc5280-6.1-path'],
    [
      'a certificate of an authority nobody trusts',
      () => xfcc(xfccElement([elsewhere.svid(checkout)])),
      'SIGNATURE_INVALID',
      'rfc5280-6.1.3-signature',
    ],
  ])('%s', async ([, defect, code, clause]) => {
    await refusesOnly(check, good(), defect(), { code: code as 'EXPIRED', clause }) // a code of the table
  })
})

describe('elements of X-Forwarded-Client-Cert', () => {
  const element = xfccElement([caller])
  const hash = `Hash=${sha256(caller.der)}`
  const cert = `Cert="${encodeURIComponent(pemOf(caller))}"`
  const other = 'spiffe://prod.example/ns/edge/sa/other'
  test.for<readonly [string, string, string, string]>([
    [
      'the last one is by another proxy',
      `${element},${xfccElement([victim], other)}`,
      'VOUCH_REFUSED',
      'xfcc-last-element-by-peer',
    ],
    ['the only one is by another proxy', xfccElement([caller], other), 'VOUCH_REFUSED', 'xfcc-last-element-by-peer'],
    ['by nobody', `${hash};${cert}`, 'VOUCH_REFUSED', 'xfcc-last-element-by-peer'],
    ['by two', `By=${other};${element}`, 'VOUCH_REFUSED', 'xfcc-last-element-by-peer'],
    [
      'two by the proxy: the first is what a client sent, or the second is a name of the first',
      `${element},${element}`,
      'VOUCH_REFUSED',
      'xfcc-one-element-by-peer',
    ],
    [
      'a name with an element of its own, as Envoy appends it',
      `${xfccElement([sanInjection])};URI=https://x.example/,${xfccElement([victim])}`,
      'VOUCH_REFUSED',
      'xfcc-one-element-by-peer',
    ],
    [
      'a name with a certificate of its own',
      `${element};URI=https://x.example/;${hash};Cert="${encodeURIComponent(pemOf(victim))}"`,
      'CREDENTIAL_MALFORMED',
      'xfcc-key-once',
    ],
    ['a name with a quote', `${element};URI=https://x.example/"`, 'CREDENTIAL_MALFORMED', 'xfcc-element-form'],
    ['no hash', `By=${proxyId};${cert}`, 'VOUCH_REFUSED', 'xfcc-hash-of-certificate'],
    [
      'the hash of another',
      `By=${proxyId};Hash=${sha256(victim.der)};${cert}`,
      'VOUCH_REFUSED',
      'xfcc-hash-of-certificate',
    ],
    [
      'names alone, without the certificate',
      `By=${proxyId};${hash};URI=${checkout}`,
      'VOUCH_REFUSED',
      'xfcc-certificate-present',
    ],
    [
      'a chain of another than the certificate',
      `By=${proxyId};${hash};Cert="${encodeURIComponent(pemOf(victim))}";Chain="${encodeURIComponent(pemOf(caller))}"`,
      'VOUCH_REFUSED',
      'xfcc-chain-begins-with-certificate',
    ],
    [
      'two certificates in Cert',
      `By=${proxyId};${hash};Cert="${encodeURIComponent(pemOf(caller, victim))}";Chain="${encodeURIComponent(pemOf(caller))}"`,
      'CREDENTIAL_MALFORMED',
      'x509-chain-length',
    ],
    ['no percent-encoding', `By=${proxyId};${hash};Cert="%zz"`, 'CREDENTIAL_MALFORMED', 'xfcc-certificate-encoding'],
    ['no certificate', `By=${proxyId};${hash};Cert="x"`, 'CREDENTIAL_MALFORMED', 'rfc7468-5-certificate'],
    ['an unknown key', `${element};IP=10.0.0.1`, 'CREDENTIAL_MALFORMED', 'xfcc-key-known'],
    ['a key of every object', `${element};constructor=x`, 'CREDENTIAL_MALFORMED', 'xfcc-key-known'],
    ['an open quote', element.slice(0, -1), 'CREDENTIAL_MALFORMED', 'xfcc-element-form'],
    ['a pair that ends in nothing', `${element};`, 'CREDENTIAL_MALFORMED', 'xfcc-element-form'],
    ['an element that is empty', `${element},`, 'CREDENTIAL_MALFORMED', 'xfcc-element-form'],
    [
      'seventeen elements',
      `${Array.from({ length: 16 }, () => `By=${other}`).join()},${element}`,
      'CREDENTIAL_MALFORMED',
      'xfcc-element-count',
    ],
    ['too long', `${element};URI=${'x'.repeat(65_536)}`, 'CREDENTIAL_MALFORMED', 'xfcc-element-count'],
    ['no element in JSON', '[]', 'CREDENTIAL_MALFORMED', 'xfcc-element-form'],
    ['no object in JSON', `["${proxyId}"]`, 'CREDENTIAL_MALFORMED', 'xfcc-element-form'],
    ['a number in JSON', `[{"By":1}]`, 'CREDENTIAL_MALFORMED', 'xfcc-element-form'],
    [
      'one key twice in JSON',
      `[{"By":"${proxyId}","Hash":"1","Hash":"2"}]`,
      'CREDENTIAL_MALFORMED',
      'json-duplicate-key',
    ],
    [
      'one key twice in JSON, in other letters',
      `[{"By":"${proxyId}","Hash":"1","hash":"2"}]`,
      'CREDENTIAL_MALFORMED',
      'xfcc-key-once',
    ],
  ])('%s', async ([, header, code, clause]) => {
    await refusesOnly(check, xfcc(`${element};URI=${checkout};DNS=`), xfcc(header), { code: code as 'EXPIRED', clause }) // a code of the table
  })

  test('a subject with everything that needs escapes', async () => {
    const odd = domainAuthority.svid(checkout, { subject: name('a, "b"=c; d\\') })
    const subject = String.raw`;Subject="CN=a\, \"b\"=c\; d\\"`
    expect(await gate(xfcc(xfccElement([odd], proxyId, subject)))).toMatchObject({ ok: true })
    await refusesOnly(
      check,
      xfcc(xfccElement([odd], proxyId, subject)),
      xfcc(xfccElement([odd], proxyId, subject.slice(0, -2))),
      { code: 'CREDENTIAL_MALFORMED', clause: 'xfcc-element-form' },
    )
  })
})

describe('RFC 9440', () => {
  const own = clientCertHeaders([deep, between])
  const [leaf = '', chain = ''] = [own['client-cert'], own['client-cert-chain']]
  test.for<readonly [string, Readonly<Record<string, string>>, string, string]>([
    ['the chain alone', { 'client-cert-chain': chain }, 'CREDENTIAL_MALFORMED', 'rfc9440-2.3-chain-with-certificate'],
    ['PEM', { 'client-cert': pemOf(deep).replaceAll('\n', ' ') }, 'CREDENTIAL_MALFORMED', 'rfc9440-2.2-client-cert'],
    [
      'base64 without colons',
      { 'client-cert': leaf.replaceAll(':', '') },
      'CREDENTIAL_MALFORMED',
      'rfc9440-2.2-client-cert',
    ],
    ['two items', { 'client-cert': `${leaf}, ${leaf}` }, 'CREDENTIAL_MALFORMED', 'rfc9440-2.2-client-cert'],
    ['a parameter', { 'client-cert': `${leaf};a=1` }, 'CREDENTIAL_MALFORMED', 'rfc9440-2.2-client-cert'],
    ['nothing', { 'client-cert': '::' }, 'CREDENTIAL_MALFORMED', 'rfc9440-2.2-client-cert'],
    ['bits that are left over', { 'client-cert': ':QR==:' }, 'CREDENTIAL_MALFORMED', 'rfc9440-2.2-client-cert'],
    ['what is no certificate', { 'client-cert': ':QQ==:' }, 'CREDENTIAL_MALFORMED', 'rfc5280-4.1-certificate'],
    [
      'a chain that ends in a comma',
      { 'client-cert': leaf, 'client-cert-chain': `${chain},` },
      'CREDENTIAL_MALFORMED',
      'rfc9440-2.3-client-cert-chain',
    ],
    [
      'a chain with a token',
      { 'client-cert': leaf, 'client-cert-chain': `${chain}, x` },
      'CREDENTIAL_MALFORMED',
      'rfc9440-2.3-client-cert-chain',
    ],
    ['a chain left out that is needed', { 'client-cert': leaf }, 'CERTIFICATE_REFUSED', 'rfc5280-6.1-path'],
  ])('%s', async ([, headers, code, clause]) => {
    await refusesOnly(check, goodClientCert(), through({ pep: rfc9440, headers }), { code: code as 'EXPIRED', clause }) // a code of the table
  })
})
