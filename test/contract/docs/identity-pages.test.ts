import { join } from 'node:path'
import { randomBytes, X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { openGate } from '../../../pdp/cli/inspect/open-gate.ts'
import { loadConfig } from '../../../pdp/config/load-config.ts'
import { awsIssuers } from '../../../pdp/core/aws-issuers.ts'
import { ok } from '../../../pdp/core/result.ts'
import { seconds } from '../../../pdp/core/time.ts'
import type { Introspector } from '../../../pdp/seams.ts'
import { createNonces } from '../../../pdp/identity/proofs/nonces.ts'
import { deriveKey } from '../../../pdp/keys/derive.ts'
import { makeSecret } from '../../../pdp/keys/own-secret.ts'
import { startRefusals } from '../../../pdp/process/start-refusals.ts'
import { read } from '../../architecture/project.ts'
import { azureDocument, azureIssuing, azureRoot, azureSubscription, azureVm, usualSigner } from '../../support/azure.ts'
import { createCertificateList, pemOfLists } from '../../support/certificate-lists.ts'
import { createAuthority, name, pemOf } from '../../support/certificates.ts'
import { frameAt, noon } from '../../support/clock.ts'
import { platformKey, type PlatformName, platforms, platformToken, testReviewer } from '../../support/platforms.ts'
import { signatureHeaders } from '../../support/signed-request.ts'
import { oid, sequence, text } from '../../support/der.ts'
import { behindProxy, proxyCertificate, xfccElement } from '../../support/forwarded.ts'
import {
  accessToken,
  type AskParts,
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
  issuerKey,
  oauthIssuer,
  opaqueIssuer,
  opaqueToken,
  svid,
  svidKey,
  testIntrospector,
  vouchingGateway,
  withWpt,
  wit,
  witKey,
} from '../../support/world.ts'
import { attestation, createRegion, signedDocument } from '../../support/aws-instances.ts'
import { identityToken, presignIdentity, signBySdk } from '../../support/aws-signers.ts'
import { clientAssertion } from '../../support/client-assertion.ts'
import {
  assertionKey,
  basic,
  hmacToken,
  madeAccessKey,
  madeApiKey,
  madeClientSecret,
  madeMacKey,
  registryIssuer,
  writtenClient,
} from '../../support/clients.ts'
import { keyPairs, keyPairToken } from '../../support/key-pairs.ts'
import { createSite, type Site } from '../process/harness.ts'
import { statedLevels } from './identity-table.ts'

// The configuration of each page, with the files it names, opened as the server would: what the page says is accepted is,
// and what it says is refused is refused.

interface Row {
  readonly page: string
  /** Which of its blocks of YAML. */
  readonly block: number
  readonly accepted: AskParts
  readonly subject: string
  readonly delegation?: readonly string[]
  readonly refused: AskParts
  readonly code: string
}

const at = noon / 1000

/** A platform's block: a token that is taken, and one that differs in what the page says is refused. */
const platformRow = (block: number, name: PlatformName, defect: Changes): Row => ({
  page: 'platforms',
  block,
  accepted: { headers: bearer(platformToken(name)) },
  subject: `${platforms[name].issuer}#${platforms[name].subject}`,
  refused: { headers: bearer(platformToken(name, defect)) },
  code: 'CREDENTIAL_REFUSED',
})
const { namespace: _, ...withoutNamespace } = platforms.kubernetes.claims['kubernetes.io']

const secret = makeSecret(randomBytes)
const nonces = createNonces(deriveKey(secret, 'dpop-nonce/v1'), { window: seconds(60), skew: seconds(5) })

/** A bound token, with a proof that has this nonce. */
const withNonce = (nonce: string | undefined): AskParts => {
  const token = boundToken()
  return { headers: dpop(token, dpopProof(token, { claims: { nonce } })) }
}

/** A token that holds its key, with a signature over what is given beside method and token. */
const withSignature = (
  target: readonly [string, string],
  covered: Record<string, readonly string[]> = {},
): AskParts => {
  const token = accessToken({ claims: { cnf: { jwk: clientKey.jwk } } })
  const headers = Object.entries(covered).map(([name, [value = '']]) => [`"${name}"`, value] as const)
  const components = [['"@method"', 'GET'], ['"authorization"', `Bearer ${token}`], target, ...headers] as const
  const parameters = `;created=${at};tag="orders"`
  return { headers: { ...bearer(token), ...signatureHeaders({ components, parameters, key: clientKey }) }, covered }
}

/** A token bound to the certificate that comes with it. */
const boundToCertificate = (certificate: string): AskParts => {
  const thumbprint = new X509Certificate(certificate).fingerprint256.replaceAll(':', '')
  const cnf = { 'x5t#S256': Buffer.from(thumbprint, 'hex').toString('base64url') }
  return { headers: bearer(accessToken({ claims: { cnf } })), certificate }
}

/** Of the registry as it is kept under the secret of this test. */
const signingKey = madeAccessKey('checkout', {}, deriveKey(secret, 'registry-seal/v1'))
const keptKey = madeApiKey('checkout', {}, deriveKey(secret, 'registry-pepper/v1'))
const keptSecret = madeClientSecret('checkout', {}, deriveKey(secret, 'registry-pepper/v1'))
const keptMacKey = madeMacKey(deriveKey(secret, 'registry-seal/v1'))
const frankfurt = createRegion()

/** STS takes what it is shown for the role's. */
const testSts: Introspector = {
  introspect: async (_, { now }) => {
    const result = {
      Account: '123456789012',
      Arn: 'arn:aws:sts::123456789012:assumed-role/checkout/a1',
      UserId: 'AROAEXAMPLE:a1',
    }
    const response = { active: true, GetCallerIdentityResponse: { GetCallerIdentityResult: result } }
    return ok({ response, asOf: now, until: now })
  },
}

const workloadToken = wit()
const below = domainAuthority.authority('below')
const partners = createAuthority('partners')
const nameOf = (commonName: string) =>
  name(sequence(oid('2.5.4.10'), text(0x0c, 'Partner')), sequence(oid('2.5.4.3'), text(0x0c, commonName)))
const documentNonces = createNonces(deriveKey(secret, 'attestation-nonce/v1'), {
  window: seconds(60),
  skew: seconds(5),
  form: 'hex',
})
/** As Azure answers: without the issuer of its certificate, which is configured. */
const documentWith = (nonce: string): AskParts => {
  const text = azureDocument({ nonce }, { certificates: [usualSigner.der] })
  return { headers: { 'workload-attestation': `azure-attested ${text}` } }
}
const rows: readonly Row[] = [
  {
    page: 'azure-attested',
    block: 0,
    accepted: documentWith(documentNonces.give('orders', noon)),
    subject: `azure#${azureSubscription}%2F${azureVm}`,
    refused: documentWith(documentNonces.give('billing', noon)),
    code: 'ATTESTATION_STALE',
  },
  {
    page: 'kubernetes-review',
    block: 0,
    accepted: { headers: bearer(platformToken('kubernetes')) },
    subject: `${platforms.kubernetes.issuer}#${platforms.kubernetes.subject}`,
    refused: { headers: bearer(platformToken('kubernetes', { jti: 'of a deleted pod' })) },
    code: 'CREDENTIAL_REFUSED',
  },
  platformRow(0, 'kubernetes', {
    sub: 'system:serviceaccount:other:checkout',
    'kubernetes.io': { ...withoutNamespace, namespace: 'other' },
  }),
  platformRow(1, 'github-actions', { ref_protected: 'false' }),
  platformRow(2, 'gitlab-ci', { project_id: '21' }),
  platformRow(3, 'buildkite', { organization_id: '66666666-6666-6666-6666-666666666666' }),
  platformRow(4, 'circleci', { 'oidc.circleci.com/ssh-rerun': true }),
  platformRow(5, 'gcp', { google: undefined }),
  platformRow(6, 'azure', { scp: 'user_impersonation' }),
  {
    page: 'opaque-token',
    block: 0,
    accepted: { headers: bearer(opaqueToken({ claims: { namespace: 'shop' } })) },
    subject: `${opaqueIssuer}#checkout`,
    refused: { headers: bearer(opaqueToken({ claims: { namespace: 'shop', token_type: undefined } })) },
    code: 'CREDENTIAL_REFUSED',
  },
  {
    page: 'issuer-jwt',
    block: 0,
    accepted: { headers: bearer(accessToken()) },
    subject: `${oauthIssuer}#checkout`,
    refused: { headers: bearer(accessToken({ claims: { iat: at - 1_000 } })) },
    code: 'ATTESTATION_STALE',
  },
  {
    page: 'jwt-svid',
    block: 0,
    accepted: { headers: bearer(svid()) },
    subject: checkout,
    refused: { headers: bearer(svid({ claims: { exp: at + 601 } })) },
    code: 'CREDENTIAL_REFUSED',
  },
  {
    page: 'certificate-binding',
    block: 0,
    accepted: boundToCertificate(checkoutCertificate),
    subject: `${oauthIssuer}#checkout`,
    refused: { headers: boundToCertificate(checkoutCertificate).headers ?? {} },
    code: 'PROOF_REQUIRED',
  },
  {
    page: 'delegation-and-links',
    block: 0,
    accepted: { headers: bearer(accessToken()), certificate: checkoutCertificate },
    subject: checkout,
    refused: { headers: bearer(accessToken({ claims: { sub: 'another' } })), certificate: checkoutCertificate },
    code: 'CREDENTIAL_CONFLICT',
  },
  {
    page: 'delegation-and-links',
    block: 1,
    accepted: { headers: bearer(accessToken({ claims: { sub: 'alice' } })), certificate: checkoutCertificate },
    subject: checkout,
    delegation: ['alice'],
    refused: { headers: bearer(accessToken({ claims: { sub: 'alice' } })) },
    code: 'CREDENTIAL_MISSING',
  },
  {
    page: 'dpop',
    block: 0,
    accepted: withNonce(nonces.give('orders', noon)),
    subject: `${oauthIssuer}#checkout`,
    refused: withNonce(undefined),
    code: 'PROOF_NONCE_REQUIRED',
  },
  {
    page: 'http-signature',
    block: 0,
    accepted: withSignature(['"@target-uri"', 'https://orders.example.org/v1/orders/42'], {
      'x-idempotency-key': ['k'],
    }),
    subject: `${oauthIssuer}#checkout`,
    refused: withSignature(['"@authority"', 'orders.example.org']),
    code: 'PROOF_INVALID',
  },
  {
    page: 'wimse',
    block: 0,
    accepted: { headers: withWpt(workloadToken) },
    subject: checkout,
    refused: { headers: { 'workload-identity-token': workloadToken } },
    code: 'PROOF_REQUIRED',
  },
  {
    page: 'x509-svid',
    block: 0,
    accepted: { certificate: pemOf(below.svid(checkout)) },
    subject: checkout,
    refused: { certificate: pemOf(below.svid(checkout, { serial: 66n })) },
    code: 'REVOKED',
  },
  {
    page: 'mtls',
    block: 0,
    accepted: { certificate: pemOf(partners.issue({ subject: nameOf('billing') })) },
    subject: 'partners#billing',
    refused: { certificate: pemOf(partners.issue({ subject: nameOf('another') })) },
    code: 'CREDENTIAL_UNSUPPORTED',
  },
  {
    page: 'forwarded-certificates',
    block: 0,
    accepted: {
      pep: behindProxy(),
      certificate: proxyCertificate(),
      headers: { 'x-forwarded-client-cert': xfccElement([domainAuthority.svid(checkout)]) },
    },
    subject: checkout,
    refused: {
      pep: behindProxy(),
      certificate: checkoutCertificate,
      headers: { 'x-forwarded-client-cert': xfccElement([domainAuthority.svid(checkout)]) },
    },
    code: 'VOUCH_REFUSED',
  },
  {
    page: 'api-key',
    block: 0,
    accepted: { headers: { 'x-api-key': keptKey.text } },
    subject: `${registryIssuer}#checkout`,
    refused: { headers: { 'x-api-key': madeApiKey('nobody').text } },
    code: 'CREDENTIAL_REFUSED',
  },
  {
    page: 'client-secret',
    block: 0,
    accepted: { headers: { authorization: `Basic ${basic('checkout', keptSecret.secret)}` } },
    subject: `${registryIssuer}#checkout`,
    refused: { headers: { authorization: `Basic ${basic('checkout', 'guessed')}` } },
    code: 'CREDENTIAL_REFUSED',
  },
  {
    page: 'hmac-token',
    block: 0,
    accepted: { headers: bearer(hmacToken()) },
    subject: `${registryIssuer}#checkout`,
    refused: { headers: bearer(hmacToken({ claims: { exp: at + 601 } })) },
    code: 'CREDENTIAL_REFUSED',
  },
  {
    page: 'clients',
    block: 1,
    accepted: { headers: { 'x-api-key': keptKey.text } },
    subject: `${registryIssuer}#checkout`,
    refused: { headers: { authorization: `Basic ${basic('checkout', keptSecret.secret)}` } },
    code: 'CREDENTIAL_UNSUPPORTED',
  },
  {
    page: 'aws-sigv4',
    block: 0,
    accepted: await signBySdk({ key: signingKey }),
    subject: `${registryIssuer}#checkout`,
    refused: await signBySdk({ key: signingKey, service: 'billing' }),
    code: 'AUDIENCE_REFUSED',
  },
  {
    page: 'aws-iam',
    block: 0,
    accepted: { headers: bearer(identityToken(await presignIdentity({ key: signingKey }))) },
    subject: `https://sts.amazonaws.com#${encodeURIComponent('arn:aws:iam::123456789012:role/checkout')}`,
    refused: {
      headers: bearer(identityToken(await presignIdentity({ key: signingKey, endpoint: 'https://sts.evil.example' }))),
    },
    code: 'CREDENTIAL_REFUSED',
  },
  {
    page: 'aws-instance',
    block: 0,
    accepted: { headers: attestation(signedDocument(frankfurt)) },
    subject: `https://ec2.amazonaws.com#${encodeURIComponent('123456789012/eu-central-1/i-0123456789abcdef0')}`,
    refused: { headers: attestation(signedDocument(frankfurt, { pendingTime: '2026-03-02T11:45:00Z' })) },
    code: 'EXPIRED',
  },
  {
    page: 'key-pair-jwt',
    block: 0,
    accepted: { headers: bearer(keyPairToken(keyPairs.first)) },
    subject: `${registryIssuer}#checkout`,
    refused: { headers: bearer(keyPairToken(keyPairs.first, { claims: { exp: at + 301 } })) },
    code: 'CREDENTIAL_REFUSED',
  },
  {
    page: 'private-key-jwt',
    block: 0,
    accepted: { headers: bearer(clientAssertion()) },
    subject: `${registryIssuer}#checkout`,
    refused: { headers: bearer(clientAssertion({ claims: { aud: 'https://orders.example.org' } })) },
    code: 'AUDIENCE_REFUSED',
  },
]

let site: Site
beforeAll(async () => {
  site = await createSite()
  const { kty, crv, x, y } = domainAuthority.key.publicKey.export({ format: 'jwk' })
  const authority = { kty, crv, x, y, use: 'x509-svid', x5c: [domainAuthority.der.toString('base64')] }
  await site.file('bundle.json', JSON.stringify({ keys: [svidKey.jwk, witKey.jwk, authority] }))
  await site.file('login.json', JSON.stringify({ keys: [issuerKey.jwk] }))
  await site.file('azure-roots.pem', pemOf(azureRoot))
  await site.file('azure-issuing.pem', pemOf(azureIssuing))
  await site.file('cluster.json', JSON.stringify({ keys: [platformKey.jwk] }))
  await site.file('platform.json', JSON.stringify({ keys: [platformKey.jwk] }))
  await site.file('introspection.secret', 'secret\n')
  await site.file('intermediates.pem', pemOf(below))
  await site.file('revoked.pem', pemOfLists(createCertificateList(below, { revoked: [66] })))
  await site.file('partners.pem', pemOf(partners))
  await site.file('certificates.json', JSON.stringify({ 'eu-central-1': frankfurt.pem }))
  const client = writtenClient([
    signingKey.written,
    keyPairs.first.written,
    assertionKey.written,
    keptKey.written,
    keptSecret.written,
    keptMacKey,
  ])
  await site.file('clients.yaml', JSON.stringify({ clients: { checkout: client } }))
})
afterAll(() => site.remove())

describe.each(rows)(
  'docs/identity/$page.md, block $block',
  ({ page, block, accepted, subject, delegation, refused, code }) => {
    test('works as it says', async () => {
      const blocks = [...read(`docs/identity/${page}.md`).matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => text)
      await site.configure(parse(blocks[block] ?? '') as Record<string, unknown>)
      const loaded = await loadConfig({ file: join(site.folder, 'sallyport.yaml'), environment: {}, flags: [] })
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
      expect(startRefusals(loaded.config, { demo: false, environment: {} })).toEqual([])
      const gate = await openGate(loaded.config, {
        clock: () => noon,
        random: () => 0,
        secret,
        introspectors: new Map([
          [opaqueIssuer, testIntrospector],
          [platforms.kubernetes.issuer, testReviewer],
          [awsIssuers.principals, testSts],
        ]),
      })
      expect(gate.problems).toEqual([])
      const service = gate.services.get('orders')
      const verify = (parts: AskParts) =>
        gate.verify(createAsk({ pep: vouchingGateway, ...parts, ...(service && { service }) }), frameAt())
      const answer = await verify(accepted)
      expect(answer).toMatchObject({ ok: true, value: { subject: { id: subject } } })
      const stated = statedLevels.get(page) // of pages about a kind of credential
      if (answer.ok && stated !== undefined) expect(answer.value.subject?.assurance.level).toBe(stated)
      if (answer.ok) expect(answer.value.delegation.map(({ id }) => id)).toEqual(delegation ?? [])
      expect(await verify(refused)).toMatchObject({ ok: false, code })
      gate.close()
    })
  },
)
