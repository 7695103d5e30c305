import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deriveKey } from '../../../pdp/keys/derive.ts'
import { attestation, createRegion, signedDocument } from '../../support/aws-instances.ts'
import { signBySdk } from '../../support/aws-signers.ts'
import { clientAssertion } from '../../support/client-assertion.ts'
import { assertionKey, madeAccessKey, madeKeyPair, registryIssuer, writtenClient } from '../../support/clients.ts'
import { keyPairs, keyPairToken } from '../../support/key-pairs.ts'
import { createRsaKeyPair } from '../../support/signed-data.ts'
import { checksOf } from '../../../pdp/cli/inspect/checks.ts'
import { inspect } from '../../../pdp/cli/inspect/inspect.ts'
import { openGate } from '../../../pdp/cli/inspect/open-gate.ts'
import { printReport } from '../../../pdp/cli/inspect/print-report.ts'
import type { InspectReport } from '../../../pdp/cli/inspect/report.ts'
import { loadConfig } from '../../../pdp/config/load-config.ts'
import type { Config } from '../../../pdp/config/schema.ts'
import { readRequestFacts } from '../../../pdp/core/request-facts.ts'
import { makeSecret } from '../../../pdp/keys/own-secret.ts'
import { frameAt, noon } from '../../support/clock.ts'
import {
  createAuthority,
  extension,
  general,
  type IssueParts,
  pemOf,
  type TestCertificate,
} from '../../support/certificates.ts'
import { behindProxy, proxyCertificate, proxyId, xfccElement } from '../../support/forwarded.ts'
import { azureDocument, azureIssuing, azureRoot, azureSigner, azureSubscription, azureVm } from '../../support/azure.ts'
import type { TestKey } from '../../support/keys.ts'
import { platformKey, platforms, platformToken, testReviewer } from '../../support/platforms.ts'
import { signatureHeaders, wimseSignature } from '../../support/signed-request.ts'
import {
  type AskParts,
  accessToken,
  bearer,
  boundToken,
  type Changes,
  checkout,
  checkoutCertificate,
  clientKey,
  createAsk,
  domainAuthority,
  dpop,
  dpopProof,
  hashOf,
  issuerKey,
  oauthIssuer,
  opaqueIssuer,
  opaqueToken,
  orders,
  strangerKey,
  svid,
  svidKey,
  testIntrospector,
  trustDomain,
  wit,
  withWpt,
  witKey,
  workloadKey,
  wpt,
} from '../../support/world.ts'
import { command } from '../../unit/cli/harness.ts'
import { createSite, type Site, usual } from '../process/harness.ts'

let site: Site
let config: Config

beforeAll(async () => {
  site = await createSite()
  const x5c = [domainAuthority.der.toString('base64')]
  const { kty, crv, x, y } = domainAuthority.key.publicKey.export({ format: 'jwk' })
  const authority = { kty, crv, x, y, use: 'x509-svid', x5c }
  await site.file('bundle.json', JSON.stringify({ keys: [svidKey.jwk, witKey.jwk, authority] }))
  await site.file('issuer.json', JSON.stringify({ keys: [issuerKey.jwk] }))
  await site.file('introspection.secret', 'secret')
  await site.file('platform.json', JSON.stringify({ keys: [platformKey.jwk] }))
  await site.file('azure.pem', pemOf(azureRoot))
  await site.file('ca.pem', pemOf(azureRoot))
  await site.file('partners.pem', pemOf(partners))
  await site.file('regions.json', JSON.stringify({ 'eu-central-1': frankfurt.pem }))
  const client = writtenClient([signingKey.written, keyPairs.first.written, assertionKey.written])
  const elsewhere = writtenClient([otherKey.written], { services: ['billing'] })
  await site.file('clients.yaml', JSON.stringify({ clients: { checkout: client, billing: elsewhere } }))
  await site.configure({
    peps: { gateway: { bearer: 'file:gateway.key', vouch: { peer_certificate: true, xfcc_from: [proxyId] } } },
    services: { orders: { ...usual.services.orders, http_signature: { tag: 'request' } } },
    trust: [
      ...usual.trust.map((domain) => ({ ...domain, wit: true })),
      { ca: 'file:partners.pem', name: 'partners', clients: [{ id: 'billing', san_dns: 'billing.partner.example' }] },
      {
        issuer: platforms['github-actions'].issuer,
        jwks: 'file:platform.json',
        profiles: ['github-actions'],
        pins: { repository_owner_id: ['65'] },
      },
      {
        issuer: platforms.kubernetes.issuer,
        jwks: 'file:platform.json',
        profiles: ['kubernetes'],
        cluster: 'prod-eu',
        review: { server: 'https://10.0.0.1', ca: 'file:ca.pem', token: 'file:token' },
      },
      { ca: 'file:azure.pem', name: 'azure', azure_attested: { subscriptions: [azureSubscription] } },
      { issuer: oauthIssuer, jwks: 'file:issuer.json', environment: 'production', facts: { team: 'team' } },
      {
        issuer: opaqueIssuer,
        profiles: [],
        environment: 'production',
        introspection: {
          endpoint: `${opaqueIssuer}/introspect`,
          client_id: 'a',
          client_secret: 'file:introspection.secret',
        },
      },
    ],
    links: [{ subject: checkout, same_as: { issuer: opaqueIssuer, subject: 'checkout' } }],
    registry: {
      issuer: registryIssuer,
      from: 'file:clients.yaml',
      methods: { 'aws-sigv4': { region: 'eu-central-1' }, 'key-pair-jwt': {}, 'private-key-jwt': {} },
    },
    aws: {
      accounts: { '123456789012': {} },
      instances: { regions: ['eu-central-1'], certificates: 'file:regions.json' },
    },
  })
  const loaded = await loadConfig({ file: join(site.folder, 'sallyport.yaml'), environment: {}, flags: [] })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  config = loaded.config
})
afterAll(() => site.remove())

const secret = makeSecret(randomBytes)
const seal = deriveKey(secret, 'registry-seal/v1')
const signingKey = madeAccessKey('checkout', {}, seal)
const otherKey = madeAccessKey('billing', {}, seal)
const frankfurt = createRegion()

const surroundings = () => ({
  clock: () => noon,
  random: () => 0.5,
  randomBytes,
  secret,
  introspectors: new Map([
    [opaqueIssuer, testIntrospector],
    [platforms.kubernetes.issuer, testReviewer],
  ]),
})

const url = 'https://orders.example.org/v1/orders/42'

/** The text that a user would have in a file, with everything that an ask presents. */
const textOf = ({ headers = {}, covered = {}, certificate = '' }: AskParts): string =>
  [
    ...Object.entries({ ...headers, ...covered }).flatMap(([name, values]) =>
      [values].flat().map((value) => `${name}: ${value}`),
    ),
    certificate,
  ].join('\n')

async function inspected(text: string): Promise<InspectReport> {
  const request = readRequestFacts('GET', url)
  if (!request.ok) throw new Error(request.clause)
  const report = await inspect(text, config, { request: request.value }, surroundings(), () => undefined)
  if (typeof report === 'string') throw new Error(report)
  return report
}

const at = noon / 1000
const workloadToken = wit()
const partners = createAuthority('partners')
const partnerName = extension.names([general.dns('billing.partner.example')])
const partnerCertificate = (parts: IssueParts = {}) => pemOf(partners.issue({ extensions: [partnerName], ...parts }))
const forwardedAs = (leaf: TestCertificate): AskParts => ({
  headers: { 'x-forwarded-client-cert': xfccElement([leaf]) },
  certificate: proxyCertificate(),
})
const holderToken = accessToken({ claims: { cnf: { jwk: clientKey.jwk } } })
const signedWith = (key: TestKey): AskParts => ({
  headers: {
    ...bearer(holderToken),
    ...signatureHeaders({
      components: [
        ['"@method"', 'GET'],
        ['"@target-uri"', url],
        ['"authorization"', `Bearer ${holderToken}`],
      ],
      parameters: `;created=${at};tag="request"`,
      key,
    }),
  },
})
const tokens: Readonly<Record<string, AskParts>> = {
  'an SVID': { headers: bearer(svid()) },
  'an SVID of a stranger': { headers: bearer(svid({ key: strangerKey, header: { kid: svidKey.jwk.kid } })) },
  'an SVID of another domain': { headers: bearer(svid({ claims: { sub: 'spiffe://evil.example/a' } })) },
  'an SVID for another service': { headers: bearer(svid({ claims: { aud: 'https://billing.example.org' } })) },
  'an SVID whose path nobody understands': { headers: bearer(svid({ claims: { sub: `spiffe://${trustDomain}/x` } })) },
  'an access token': { headers: bearer(accessToken()) },
  'an access token that expired': { headers: bearer(accessToken({ claims: { iat: at - 600, exp: at - 300 } })) },
  'an access token without jti': { headers: bearer(accessToken({ claims: { jti: undefined } })) },
  'an access token of another type': { headers: bearer(accessToken({ header: { typ: 'logout+jwt' } })) },
  'an access token with a fact that is none': { headers: bearer(accessToken({ claims: { team: 7 } })) },
  'an issuer nobody knows': { headers: bearer(accessToken({ claims: { iss: 'https://evil.example' } })) },
  'three parts that are no JWT': { headers: bearer('a.b.c') },
  'a bound token as bearer': { headers: bearer(boundToken()) },
  'a bound token with its proof': { headers: dpop(boundToken()) },
  'a bound token with a proof of another key': (() => {
    const token = boundToken()
    return { headers: dpop(token, dpopProof(token, { key: strangerKey })) }
  })(),
  'a proof of yesterday': (() => {
    const token = boundToken()
    return { headers: dpop(token, dpopProof(token, { claims: { iat: at - 86_400 } })) }
  })(),
  'two proofs': { headers: dpop(boundToken(), [dpopProof('a'), dpopProof('b')]) },
  'a proof alone': { headers: { dpop: dpopProof(boundToken()) } },
  'an opaque token': { headers: bearer(opaqueToken()) },
  'an opaque token that is not active': { headers: bearer('never-issued') },
  'an opaque token for another service': { headers: bearer(opaqueToken({ claims: { aud: 'https://b.example' } })) },
  'an opaque refresh token': { headers: bearer(opaqueToken({ claims: { token_type: undefined } })) },
  'a token of a CI job': { headers: bearer(platformToken('github-actions')) },
  'a token of a CI job of a stranger': {
    headers: bearer(platformToken('github-actions', { repository_owner_id: '6' })),
  },
  'a token of a cluster': { headers: bearer(platformToken('kubernetes')) },
  'a token of a cluster that does not know it': { headers: bearer(platformToken('kubernetes', { jti: 'another' })) },
  'an attested document with a nonce of somebody': {
    headers: { 'workload-attestation': `azure-attested ${azureDocument()}` },
  },
  'an attested document that is none': { headers: { 'workload-attestation': 'azure-attested AAAA' } },
  'an attested document of another machine': {
    headers: { 'workload-attestation': `azure-attested ${azureDocument({ vmId: '' })}` },
  },
  'an API key': { headers: { 'x-api-key': 'sp_key_1' } },
  'a certificate': { certificate: checkoutCertificate },
  'a certificate with two SPIFFE IDs': {
    certificate: pemOf(
      domainAuthority.issue({ extensions: [extension.names([general.uri(checkout), general.uri(`${checkout}2`)])] }),
    ),
  },
  'a certificate of nobody': { certificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' },
  'an authority that presents itself': { certificate: pemOf(domainAuthority) },
  'an SVID beside the certificate of another': {
    headers: bearer(svid()),
    certificate: pemOf(domainAuthority.svid(`spiffe://${trustDomain}/ns/shop/sa/other`)),
  },
  'an opaque token beside the certificate it is linked to': {
    headers: bearer(opaqueToken()),
    certificate: checkoutCertificate,
  },
  'a workload identity token with its proof': { headers: withWpt(workloadToken) },
  'a workload identity token without a proof': { headers: { 'workload-identity-token': workloadToken } },
  'a workload identity token of another type': { headers: withWpt(wit({ header: { typ: 'JWT' } })) },
  'a workload identity token for one audience': { headers: withWpt(wit({ claims: { aud: 'x' } })) },
  'a workload identity token without a key': { headers: withWpt(wit({ claims: { cnf: undefined } })) },
  'a workload identity token of a private key': {
    headers: withWpt(wit({ claims: { cnf: { jwk: { ...workloadKey.jwk, d: 'AA' } } } })),
  },
  'a workload identity token of a stranger': { headers: withWpt(wit({ key: strangerKey, header: { kid: 'wit-1' } })) },
  'a workload proof token for another service': {
    headers: withWpt(workloadToken, wpt(workloadToken, { claims: { aud: 'https://billing.example.org/' } })),
  },
  'a workload identity token with a signature': {
    headers: { 'workload-identity-token': workloadToken, ...wimseSignature(workloadToken) },
  },
  'a signature for another service': {
    headers: {
      'workload-identity-token': workloadToken,
      ...wimseSignature(workloadToken, 'https://billing.example.org'),
    },
  },
  'a token that holds a key, with a signature': signedWith(clientKey),
  'a token that holds a key, with a signature of another': signedWith(strangerKey),
  'a token that holds a key, without a signature': { headers: bearer(holderToken) },
  'the certificate of a partner': { certificate: partnerCertificate() },
  'the certificate of a partner nobody knows': {
    certificate: partnerCertificate({ extensions: [extension.names([general.dns('x.partner.example')])] }),
  },
  'the certificate of a partner for servers': {
    certificate: partnerCertificate({ extensions: [extension.purposes('1.3.6.1.5.5.7.3.1'), partnerName] }),
  },
  'the certificate of a partner that expired': { certificate: partnerCertificate({ notAfter: noon - 1 }) },
  'a certificate that a proxy forwards': forwardedAs(domainAuthority.svid(checkout)),
  'an expired certificate that a proxy forwards': forwardedAs(domainAuthority.svid(checkout, { notAfter: noon - 1 })),
  'a certificate that a proxy of yesterday forwards': {
    ...forwardedAs(domainAuthority.svid(checkout)),
    certificate: proxyCertificate({ notAfter: noon - 1 }),
  },
  'a certificate that no proxy forwards': {
    ...forwardedAs(domainAuthority.svid(checkout)),
    certificate: checkoutCertificate,
  },
  'a certificate with a hash of another': {
    headers: { 'x-forwarded-client-cert': xfccElement([domainAuthority]).replace(/Hash=../, 'Hash=00') },
    certificate: proxyCertificate(),
  },
  'a token bound to another certificate than it comes with': {
    headers: bearer(accessToken({ claims: { cnf: { 'x5t#S256': hashOf('another') } } })),
    certificate: checkoutCertificate,
  },
  'a forwarded certificate': { headers: { 'x-forwarded-client-cert': 'Hash=00' } },
}

test.each(Object.entries(tokens))(
  '%s: the verdict is that of the first gate, and nothing presented is told',
  async (_name, parts) => {
    const report = await inspected(textOf(parts))
    const gate = await openGate(config, surroundings())
    const answer = await gate.verify(
      createAsk({ ...parts, pep: behindProxy(), service: gate.services.get('orders') ?? orders }),
      frameAt(),
    )
    gate.close()
    expect([report.verdict, report.code, report.clause]).toEqual(
      answer.ok ? ['accepted', 'ACCEPTED', undefined] : ['refused', answer.code, answer.clause],
    )
    const results = report.checks.map(({ result }) => result)
    if (answer.ok) expect(new Set(results)).toEqual(new Set(['passed']))
    else expect(results.filter((result) => result === 'refused').length, report.clause).toBeLessThanOrEqual(1)
    const told = `${JSON.stringify(report)}${printReport(report)}`
    for (const secret of Object.values(parts.headers ?? {})
      .flat()
      .flatMap((value) => value.split(/[ .]/).filter((part) => part.length > 20)))
      expect(told).not.toContain(secret)
  },
)

test('every refusal of the table is told at its check', async () => {
  const reports = await Promise.all(Object.values(tokens).map((parts) => inspected(textOf(parts))))
  const unplaced = reports.filter(
    ({ verdict, checks }) => verdict === 'refused' && !checks.some(({ result }) => result === 'refused'),
  )
  expect(unplaced.map(({ clause }) => clause)).toEqual([])
})

/**
 * A defect for each check, in the order of the list. With all defects from one check on, the gate must refuse at that
 * very check: so the checks before it did pass, and the order is the gate's own.
 */
interface Order {
  readonly make: (defects: readonly Changes[]) => AskParts | Promise<AskParts>
  readonly defects: readonly (readonly [check: string, defect: Changes])[]
}
const merged = (defects: readonly Changes[]): Changes => Object.assign({}, ...defects) as Changes
const split = (defects: readonly Changes[]) => {
  const { typ, kid, ...claims } = merged(defects)
  return { header: { ...(typ !== undefined && { typ }), ...(kid !== undefined && { kid }) }, claims }
}
const nameOf = (defects: Changes) => {
  const { domain = trustDomain, path = '/ns/shop/sa/checkout', second } = defects as Record<string, string | undefined>
  return [`spiffe://${domain}${path}`, ...(second === undefined ? [] : [second])]
}
/** What a certificate is made with for these defects. */
const defective = ({ isAuthority, expired, serversAlone, ...names }: Changes) => ({
  extensions: [
    extension.names(nameOf(names).map((uri) => general.uri(uri))),
    ...(isAuthority === true ? [extension.basicConstraints(true)] : []),
    ...(serversAlone === true ? [extension.purposes('1.3.6.1.5.5.7.3.1')] : []),
  ],
  ...(expired === true && { notAfter: noon - 1 }),
})
const authorityWithPath = domainAuthority.authority('between', {
  extensions: [extension.names([general.uri(`spiffe://${trustDomain}/between`)])],
})

const ordered: Readonly<Record<string, Order>> = {
  'wit-svid': {
    make(defects) {
      const { unproved, isRoot, ...changes } = merged(defects)
      const token = wit(split([changes, isRoot === true ? { sub: `spiffe://${trustDomain}` } : {}]))
      return { headers: unproved === true ? { 'workload-identity-token': token } : withWpt(token) }
    },
    defects: [
      ['type', { typ: 'JWT' }],
      ['audience', { aud: 'x' }],
      ['SPIFFE ID', { isRoot: true }],
      ['key of the workload', { cnf: undefined }],
      ['path of its SPIFFE ID', { sub: `spiffe://${trustDomain}/x` }],
      ['signature', { kid: 'another' }],
      ['times', { exp: at - 60, iat: at - 120 }],
      ['proof', { unproved: true }],
    ],
  },
  'x509-svid': {
    make(defects) {
      const { sent, ...changes } = merged(defects)
      const chain = sent === true ? [authorityWithPath] : []
      return { certificate: pemOf(domainAuthority.issue(defective(changes)), ...chain) }
    },
    defects: [
      ['issuer', { domain: 'evil.example' }],
      ['SPIFFE ID', { second: checkout }],
      ['leaf', { isAuthority: true }],
      ['authorities sent', { sent: true }],
      ['chain', { expired: true }],
      ['path of its SPIFFE ID', { path: '/x' }],
    ],
  },
  mtls: {
    make(defects) {
      const { name, serversAlone, expired } = merged(defects)
      const parts = defective({ serversAlone, expired })
      const dns = extension.names([general.dns(name === 'unknown' ? 'x.partner.example' : 'billing.partner.example')])
      return { certificate: pemOf(partners.issue({ ...parts, extensions: [dns, ...parts.extensions.slice(1)] })) }
    },
    defects: [
      ['issuer', { name: 'unknown' }],
      ['client', { serversAlone: true }],
      ['chain', { expired: true }],
    ],
  },
  'issuer-jwt': {
    make: (defects) => ({ headers: bearer(accessToken(split(defects))) }),
    defects: [
      ['issuer', { iss: 'https://evil.example' }],
      ['type', { typ: 'logout+jwt' }],
      ['required claims', { jti: 1 }],
      ['signature', { kid: 'another' }],
      ['times', { exp: at - 60, iat: at - 120 }],
      ['audience', { aud: 'https://billing.example.org' }],
      ['confirmation', { cnf: 'x' }],
      ['parties', { act: 'x' }],
      ['facts', { team: 7 }],
    ],
  },
  'kubernetes-review': {
    make: (defects) => ({ headers: bearer(platformToken('kubernetes', merged(defects))) }),
    defects: [
      ['required claims', { sub: 1 }],
      ['times', { exp: at - 60, iat: at - 120 }],
      ['audience', { aud: 'https://billing.example.org' }],
      ['confirmation', { cnf: 'x' }],
      ['parties', { act: 'x' }],
      ['platform', { 'kubernetes.io': {} }],
      ['review of the token', { jti: 'another' }],
    ],
  },
  'azure-attested': {
    make(defects) {
      const { isAuthority, expired, ...members } = merged(defects)
      const { der, signer } = azureSigner({
        ...(isAuthority === true && { extensions: [extension.basicConstraints(true)] }),
        ...(expired === true && { notAfter: noon - 1 }),
      })
      const document = azureDocument(members, { signer, certificates: [der, azureIssuing.der] })
      return { headers: { 'workload-attestation': `azure-attested ${document}` } }
    },
    defects: [
      ['leaf', { isAuthority: true }],
      ['chain', { expired: true }],
      ['content', { vmId: '' }],
      ['times', { timeStamp: { createdOn: '03/02/25 11:00:00 -0000', expiresOn: '03/02/25 12:00:00 -0000' } }],
      ['nonce', { nonce: 'x', subscriptionId: azureVm }],
    ],
  },
  'jwt-svid': {
    make: (defects) => ({ headers: bearer(svid(split(defects))) }),
    defects: [
      ['header', { typ: 'at+jwt' }],
      ['SPIFFE ID', { sub: `spiffe://${trustDomain}` }],
      ['signature', { kid: 'another' }],
      ['times', { exp: at - 60, iat: at - 120 }],
      ['audience', { aud: 'https://billing.example.org' }],
      ['confirmation', { cnf: 'x' }],
    ],
  },
  'key-pair-jwt': {
    make(defects) {
      const { foreign, ...changes } = merged(defects)
      const pair = foreign === true ? keyPairs.second : keyPairs.first
      const token = keyPairToken(pair, split([changes]))
      return { headers: bearer(token) }
    },
    defects: [
      ['claims', { typ: 'at+jwt' }],
      ['signature', { foreign: true }],
      ['times', { exp: at - 60, iat: at - 120 }],
      ['audience', { aud: 'https://billing.example.org' }],
    ],
  },
  'private-key-jwt': {
    make: (defects) => {
      const { foreign, ...changes } = merged(defects)
      const { header, claims } = split([changes])
      const key = foreign === true ? { key: madeKeyPair('private-key-jwt', 'foreign').privateKey } : {}
      return { headers: bearer(clientAssertion({ header, claims, ...key })) }
    },
    defects: [
      ['client', { jti: '' }],
      ['signature', { foreign: true }],
      ['times', { exp: at - 60, iat: at - 120 }],
      ['audience', { aud: 'https://billing.example.org' }],
    ],
  },
  'aws-sigv4': {
    async make(defects) {
      const { region, now = noon, token, added, body, secret, other } = merged(defects)
      const used = other === true ? otherKey : signingKey
      const key = { ...used, ...(secret === true && { secretAccessKey: 'guessed' }) }
      const signed = await signBySdk({
        key: { ...key, ...(token === true && { sessionToken: 'AQoDYXdzEPT' }) },
        now: Number(now),
        ...(region === true && { region: 'us-east-1' }),
        ...(body === true && { headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }),
      })
      const { authorization } = signed.headers as { authorization: string }
      return {
        headers: { authorization },
        covered: { ...signed.covered, ...(added === true && { 'x-amz-meta-role': ['admin'] }) },
      }
    },
    defects: [
      ['scope', { region: true }],
      ['times', { now: noon - 600_000 }],
      ['session token', { token: true }],
      ['what is signed', { added: true }],
      ['body', { body: true }],
      ['signature', { secret: true }],
      ['registration', { other: true }],
    ],
  },
  'aws-instance': {
    make(defects) {
      const { cut, forged, ...changes } = merged(defects)
      const document = signedDocument(forged === true ? { ...frankfurt, key: createRsaKeyPair() } : frankfurt, changes)
      return { headers: attestation(cut === true ? document.subarray(0, -1) : document) }
    },
    defects: [
      ['document', { cut: true }],
      ['region', { region: 'us-east-1' }],
      ['signature', { forged: true }],
      ['times', { pendingTime: '2026-03-02T10:00:00Z' }],
      ['account', { accountId: '666666666666' }],
    ],
  },
  'opaque-token': {
    make: (defects) => ({ headers: bearer(opaqueToken({ claims: merged(defects) })) }),
    defects: [
      ['active', { active: false }],
      ['issuer of the answer', { iss: 'https://evil.example' }],
      ['times', { exp: at - 60, iat: at - 120 }],
      ['audience', { aud: 'https://billing.example.org' }],
      ['confirmation', { cnf: 'x' }],
      ['type', { token_type: 'N_A' }],
      ['parties', { sub: '' }],
    ],
  },
}

describe.each(Object.entries(ordered))(
  'the checks of %s are in the order of the gate',
  (verifier, { make, defects }) => {
    test.each(defects.map(([check], i) => [check, i] as const))('%s', async (check, i) => {
      const later = defects.slice(i)
      const report = await inspected(textOf(await make(later.map(([, defect]) => defect))))
      expect(report.verifier).toBe(verifier)
      expect(report.checks.filter(({ result }) => result === 'refused').map(({ check }) => check)).toEqual([check])
      const names = (checksOf[verifier] ?? []).map(({ name }) => name)
      expect(report.checks.map(({ result }) => result)).toEqual(
        names.map((name) => {
          if (name === check) return 'refused'
          return names.indexOf(name) < names.indexOf(check) ? 'passed' : 'not reached'
        }),
      )
    })
  },
)

describe('the command', () => {
  const program = fileURLToPath(new URL('../../../pdp/main.ts', import.meta.url))
  const run = (args: readonly string[], stdin = '') =>
    new Promise<{ code: number; out: string; said: string }>((resolve) => {
      const child = execFile(
        process.execPath,
        [program, 'inspect', ...args],
        { cwd: site.folder },
        (error, out, said) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, said }),
      )
      child.stdin?.end(stdin)
    })
  const now = { now: Date.now() as never }
  test('from stdin and from a file, as text and as JSON: 0 for what is accepted, 4 for what is not', async () => {
    const good = await run(['--json'], accessToken(now))
    expect(good).toMatchObject({ code: 0 })
    expect(JSON.parse(good.out)).toMatchObject({ verdict: 'accepted', subject: { id: `${oauthIssuer}#checkout` } })
    const file = join(site.folder, 'expired.jwt')
    await writeFile(file, `${accessToken()}\n`)
    const old = await run([file])
    expect(old).toMatchObject({ code: 4 })
    expect(old.out).toMatch(/^refused for orders by issuer-jwt\n {2}EXPIRED rfc7519-4.1.4-exp: exp has passed\n/)
    expect(old.out).toMatch(/NO times\n {7}expected good at .*\n {7}got {6}iat 2026-03-02T12:00:00.000Z/)
  })
  test('usage: 64; a configuration that is none: 3', async () => {
    const config = ['--config', join(site.folder, 'sallyport.yaml')]
    const file = async (name: string, text: string) => {
      await writeFile(join(site.folder, name), text)
      return join(site.folder, name)
    }
    const good = await file('good.jwt', svid())
    for (const args of [
      [good, '--service', 'absent'],
      [good, '--as', 'saml'],
      [good, '--request', 'GET'],
      [await file('empty.jwt', '')],
      [await file('cookie.txt', 'Cookie: a=b')],
      [join(site.folder, 'absent.jwt')],
    ]) {
      expect(await command(['inspect', ...config, ...args]), args.join(' ')).toMatchObject({ code: 64, out: '' })
    }
    expect(await command(['inspect', good, '--config', 'absent.yaml'])).toMatchObject({ code: 3, out: '' })
  })
  test('what raises assurance is told', async () => {
    const bare = await inspected(accessToken({ claims: { aud: ['https://orders.example.org', 'https://b.example'] } }))
    expect(bare.raise.join()).toMatch(/DPoP.*audience.*SPIFFE/)
    expect((await inspected(checkoutCertificate)).raise).toEqual(['have it issued for an hour at most'])
  })
})
