import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Ask } from '../../../pdp/core/ask.ts'
import { ok, refuse } from '../../../pdp/core/result.ts'
import { instant, plus, seconds } from '../../../pdp/core/time.ts'
import { certificateEvidenceClauses } from '../../../pdp/identity/certificate-evidence.ts'
import { createX509SvidVerifier, x509SvidClauses } from '../../../pdp/identity/verifiers/x509-svid.ts'
import { checkX509SvidClauses } from '../../../pdp/x509/check-x509-svid.ts'
import type { AnchorSource, RevocationKey } from '../../../pdp/seams.ts'
import {
  clientAuth,
  createAuthority,
  createKeyPair,
  extension,
  general,
  type IssueParts,
  name,
  pemOf,
  serverAuth,
} from '../../support/certificates.ts'
import { frameAt, noon } from '../../support/clock.ts'
import { bits, der, integer, oid, sequence } from '../../support/der.ts'
import { createFirstGate, domain, firstGateParts } from '../../support/first-gate.ts'
import { createTestRevocations } from '../../support/revocations.ts'
import { refusesOnly } from '../../support/twin.ts'
import {
  accessToken,
  bearer,
  checkout,
  checkoutCertificate,
  createAsk,
  domainAuthority,
  oauthIssuer,
  svid,
  vouchingGateway,
} from '../../support/world.ts'

const { uri, dns } = general
const askWith = (certificate: string, headers: Readonly<Record<string, string>> = {}): Ask =>
  createAsk({ certificate, headers, pep: vouchingGateway })
const leafOf = (id: string, parts: IssueParts = {}): Ask => askWith(pemOf(domainAuthority.svid(id, parts)))
const named = (...names: readonly Buffer[]): Ask => leafOf(checkout, { extensions: [extension.names(names)] })
const good = () => leafOf(checkout)
const thumbprintOf = (der: Buffer): string => createHash('sha256').update(der).digest('base64url')

const below = domainAuthority.authority('below')
const chainOf = (authority: typeof below): Ask => askWith(pemOf(authority.svid(checkout), authority))

describe('an accepted certificate', () => {
  test('subject, facts, possession of the channel, what policy sees and what can be revoked', async () => {
    const caller = await createFirstGate()(good())
    expect(caller).toMatchObject({
      ok: true,
      value: {
        subject: {
          id: checkout,
          issuer: 'spiffe://prod.example',
          trust_domain: 'prod.example',
          path: '/ns/shop/sa/checkout',
          methods: ['x509-svid', 'tls-handshake'],
          assurance: { level: 3, possession: 'channel', audience_bound: true, attested: true, single_use: false },
        },
        attested: { environment: 'production', namespace: 'shop', service_account: 'checkout' },
        verified: [{ method: 'x509-svid', claims: { issuer: 'CN=prod.example root', subject: 'CN=workload' } }],
        reusable: true,
      },
    })
  })

  test('through an intermediate that was sent, which ends it earlier', async () => {
    const short = domainAuthority.authority('short', { notAfter: noon + 60_000 })
    const caller = await createFirstGate()(chainOf(short))
    expect(caller).toMatchObject({ ok: true, value: { expiresAt: noon + 60_000 } })
  })

  test('beside a JWT-SVID of the same workload', async () => {
    const caller = await createFirstGate()(askWith(checkoutCertificate, bearer(svid())))
    expect(caller).toMatchObject({
      ok: true,
      value: { subject: { methods: ['jwt-svid', 'x509-svid', 'tls-handshake'] } },
    })
  })

  test('seen before, it is judged again by time, bundle and revocation', async () => {
    let list = [domainAuthority.der]
    const trust: AnchorSource = { asOf: () => noon, anchors: async () => ok(list) }
    const revocations = createTestRevocations(() => noon)
    const gate = createFirstGate({
      verifiers: [createX509SvidVerifier({ trustDomain: domain('prod.example'), trust })],
      revocation: revocations.view,
    })
    const ask = good()
    expect(await gate(ask)).toMatchObject({ ok: true })
    expect(await gate(ask)).toMatchObject({ ok: true })
    expect(await gate(ask, frameAt(plus(noon, seconds(3_601))))).toMatchObject({ code: 'EXPIRED' })
    list = [createAuthority('prod.example root').der]
    expect(await gate(ask)).toMatchObject({ code: 'SIGNATURE_INVALID' })
    list = []
    expect(await gate(ask)).toMatchObject({ code: 'CERTIFICATE_REFUSED', clause: 'rfc5280-6.1-path' })
    list = [domainAuthority.der]
    expect(await gate(ask)).toMatchObject({ ok: true })
    revocations.writer.revoke({ target: { by: 'trust-domain', id: 'prod.example' }, reason: 'lost', since: noon })
    expect(await gate(ask)).toMatchObject({ code: 'REVOKED' })
  })
})

describe('what can be revoked', () => {
  const serial = 0xabcdefn
  const key = createKeyPair()
  const certificate = domainAuthority.svid(checkout, { serial, key })
  const jwk = key.publicKey.export({ format: 'jwk' })
  const { crv, kty, x, y } = jwk as Record<'crv' | 'kty' | 'x' | 'y', string> // of an EC key
  const rows: readonly (readonly [string, RevocationKey])[] = [
    ['issuer and serial number', { by: 'serial', issuer: 'CN=prod.example root', id: 'abcdef' }],
    [
      'the key, by the thumbprint it has as a JWK',
      { by: 'key-thumbprint', id: createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url') },
    ],
    ['the certificate, by its thumbprint', { by: 'key-thumbprint', id: thumbprintOf(certificate.der) }],
    ['the subject', { by: 'subject', issuer: 'spiffe://prod.example', id: checkout }],
    ['a fact', { by: 'fact', name: 'namespace', id: 'shop' }],
  ]
  test.for(rows)('%s', async ([, target]) => {
    const revocations = createTestRevocations(() => noon)
    const gate = createFirstGate({ revocation: revocations.view })
    const ask = askWith(pemOf(certificate))
    expect(await gate(ask)).toMatchObject({ ok: true })
    revocations.writer.revoke({ target, reason: 'lost', since: noon })
    expect(await gate(ask)).toMatchObject({ code: 'REVOKED', clause: 'revocation' })
  })
})

type Row = readonly [what: string, defect: () => Ask, code: string, clause: string, twin?: () => Ask]

const rows: readonly Row[] = [
  [
    'an authority presents itself',
    () => askWith(pemOf(domainAuthority.authority('x', { extensions: [extension.names([uri(checkout)])] }))),
    'CERTIFICATE_REFUSED',
    checkX509SvidClauses.leaf,
  ],
  [
    'the root presents itself',
    () => askWith(pemOf(createAuthority('x', { extensions: [extension.names([uri(checkout)])] }))),
    'CERTIFICATE_REFUSED',
    checkX509SvidClauses.leaf,
  ],
  [
    'a leaf that signed a leaf',
    () => {
      const mallory = domainAuthority.svid('spiffe://prod.example/mallory')
      const forged = createAuthority('x', {}, mallory)
      return askWith(pemOf(forged.svid(checkout), forged, mallory))
    },
    'CERTIFICATE_REFUSED',
    checkX509SvidClauses.authority,
  ],
  [
    'a nameless leaf that signed a leaf',
    () => {
      const mallory = domainAuthority.issue()
      const forged = createAuthority('x', {}, mallory)
      return askWith(pemOf(forged.svid(checkout), forged, mallory))
    },
    'CERTIFICATE_REFUSED',
    'rfc5280-6.1.4-ca',
  ],
  [
    'two SPIFFE IDs',
    () => named(uri(checkout), uri('spiffe://prod.example/other')),
    'CREDENTIAL_REFUSED',
    checkX509SvidClauses.oneId,
  ],
  [
    'the same SPIFFE ID twice',
    () => named(uri(checkout), uri(checkout)),
    'CREDENTIAL_REFUSED',
    checkX509SvidClauses.oneId,
  ],
  [
    'a SPIFFE ID and another URI',
    () => named(uri('https://a.example'), uri(checkout)),
    'CREDENTIAL_REFUSED',
    checkX509SvidClauses.oneId,
    () => named(dns('a.example'), uri(checkout)),
  ],
  ['no URI', () => named(dns('prod.example')), 'CREDENTIAL_UNSUPPORTED', 'select-certificate'],
  [
    'a URI that is no SPIFFE ID',
    () => named(uri('https://prod.example/checkout')),
    'CREDENTIAL_UNSUPPORTED',
    'select-certificate',
  ],
  [
    'the scheme in capitals',
    () => named(uri('SPIFFE://prod.example/ns/shop/sa/checkout')),
    'CREDENTIAL_MALFORMED',
    'spiffe-id-2-scheme',
  ],
  [
    'the trust domain in capitals',
    () => named(uri('spiffe://PROD.example/ns/shop/sa/checkout')),
    'ISSUER_UNKNOWN',
    'select-trust-domain',
  ],
  [
    'another trust domain',
    () => leafOf('spiffe://dev.example/ns/shop/sa/checkout'),
    'ISSUER_UNKNOWN',
    'select-trust-domain',
  ],
  [
    'a user name before the trust domain',
    () => leafOf('spiffe://x@prod.example/ns/shop/sa/checkout'),
    'ISSUER_UNKNOWN',
    'select-trust-domain',
  ],
  ['a port', () => leafOf('spiffe://prod.example:443/ns/shop/sa/checkout'), 'ISSUER_UNKNOWN', 'select-trust-domain'],
  [
    'a trust domain without a workload',
    () => leafOf('spiffe://prod.example'),
    'CREDENTIAL_REFUSED',
    checkX509SvidClauses.workload,
  ],
  ['a slash without a workload', () => leafOf('spiffe://prod.example/'), 'CREDENTIAL_MALFORMED', 'spiffe-id-2.2-path'],
  [
    'percent-encoding',
    () => leafOf('spiffe://prod.example/ns/shop/sa/%63heckout'),
    'CREDENTIAL_MALFORMED',
    'spiffe-id-2.2-path',
  ],
  [
    'dot segments',
    () => leafOf('spiffe://prod.example/ns/other/../shop/sa/checkout'),
    'CREDENTIAL_MALFORMED',
    'spiffe-id-2.2-path',
  ],
  ['a query', () => leafOf(`${checkout}?x=1`), 'CREDENTIAL_MALFORMED', 'spiffe-id-2.2-path'],
  ['a fragment', () => leafOf(`${checkout}#x`), 'CREDENTIAL_MALFORMED', 'spiffe-id-2.2-path'],
  [
    'a comma and a second name in one',
    () => leafOf(`${checkout}, URI:spiffe://prod.example/admin`),
    'CREDENTIAL_MALFORMED',
    'spiffe-id-2.2-path',
  ],
  ['quotes', () => leafOf(`spiffe://prod.example/ns/shop/sa/"checkout"`), 'CREDENTIAL_MALFORMED', 'spiffe-id-2.2-path'],
  ['NUL', () => leafOf(`${checkout}\0.evil`), 'CREDENTIAL_MALFORMED', 'rfc5280-4.2.1.6-subject-alternative-name'],
  [
    'a letter beyond ASCII',
    () => leafOf('spiffe://prod.example/ns/shop/sa/ch\u00e9ckout'),
    'CREDENTIAL_MALFORMED',
    'rfc5280-4.2.1.6-subject-alternative-name',
  ],
  [
    'the SPIFFE ID in the common name alone',
    () => askWith(pemOf(domainAuthority.issue({ subject: name(checkout) }))),
    'CREDENTIAL_UNSUPPORTED',
    'select-certificate',
  ],
  [
    'a path of another shape',
    () => leafOf('spiffe://prod.example/vm/checkout'),
    'CREDENTIAL_REFUSED',
    'spiffe-path-template',
  ],
  [
    'keyCertSign',
    () => leafOf(checkout, { extensions: [extension.keyUsage(['digitalSignature', 'keyCertSign'])] }),
    'CERTIFICATE_REFUSED',
    checkX509SvidClauses.signing,
  ],
  [
    'cRLSign',
    () => leafOf(checkout, { extensions: [extension.keyUsage(['digitalSignature', 'cRLSign'])] }),
    'CERTIFICATE_REFUSED',
    checkX509SvidClauses.signing,
  ],
  [
    'no digitalSignature',
    () => leafOf(checkout, { extensions: [extension.keyUsage(['keyAgreement'])] }),
    'CERTIFICATE_REFUSED',
    checkX509SvidClauses.keyUsage,
  ],
  [
    'a key usage that is not critical',
    () => leafOf(checkout, { extensions: [extension.keyUsage(['digitalSignature'], false)] }),
    'CERTIFICATE_REFUSED',
    checkX509SvidClauses.keyUsage,
  ],
  [
    'no key usage',
    () => leafOf(checkout, { without: ['2.5.29.15'] }),
    'CERTIFICATE_REFUSED',
    checkX509SvidClauses.keyUsage,
  ],
  [
    'for servers alone',
    () => leafOf(checkout, { extensions: [extension.purposes(serverAuth)] }),
    'CERTIFICATE_REFUSED',
    checkX509SvidClauses.purposes,
    () => leafOf(checkout, { without: ['2.5.29.37'] }),
  ],
  [
    'for clients alone',
    () => leafOf(checkout, { extensions: [extension.purposes(clientAuth)] }),
    'CERTIFICATE_REFUSED',
    checkX509SvidClauses.purposes,
  ],
  ['an expired leaf', () => leafOf(checkout, { notAfter: noon - 1_000 }), 'EXPIRED', 'rfc5280-6.1.3-not-after'],
  [
    'an expired intermediate',
    () => chainOf(domainAuthority.authority('x', { notAfter: noon - 1_000 })),
    'EXPIRED',
    'rfc5280-6.1.3-not-after',
    () => chainOf(below),
  ],
  [
    'an intermediate that was not sent',
    () => askWith(pemOf(below.svid(checkout))),
    'CERTIFICATE_REFUSED',
    'rfc5280-6.1-path',
    () => chainOf(below),
  ],
  [
    'an intermediate with the ID of a workload',
    () => chainOf(domainAuthority.authority('x', { extensions: [extension.names([uri('spiffe://prod.example/x')])] })),
    'CERTIFICATE_REFUSED',
    checkX509SvidClauses.authority,
    () => chainOf(domainAuthority.authority('x', { extensions: [extension.names([uri('spiffe://prod.example')])] })),
  ],
  [
    'its own root sent along',
    () => {
      const own = createAuthority('prod.example root')
      return askWith(pemOf(own.svid(checkout), own))
    },
    'SIGNATURE_INVALID',
    'rfc5280-6.1.3-signature',
    () => askWith(pemOf(domainAuthority.svid(checkout), domainAuthority)),
  ],
  [
    'a name outside the constraint of its authority',
    () =>
      chainOf(
        domainAuthority.authority('x', {
          extensions: [extension.nameConstraints({ permitted: [uri('dev.example')] })],
        }),
      ),
    'CERTIFICATE_REFUSED',
    'rfc5280-6.1.3-permitted-subtrees',
    () =>
      chainOf(
        domainAuthority.authority('x', {
          extensions: [extension.nameConstraints({ permitted: [uri('prod.example')] })],
        }),
      ),
  ],
  ['text after the chain', () => askWith(`${checkoutCertificate}x`), 'CREDENTIAL_MALFORMED', 'rfc7468-5-certificate'],
  [
    'a junk certificate in the chain',
    () => askWith(checkoutCertificate + pemOf({ der: sequence() })),
    'CREDENTIAL_MALFORMED',
    'rfc5280-4.1-certificate',
  ],
  [
    'eleven certificates',
    () => askWith(checkoutCertificate + pemOf(domainAuthority).repeat(10)),
    'CREDENTIAL_MALFORMED',
    'x509-chain-length',
    () => askWith(checkoutCertificate + pemOf(domainAuthority).repeat(9)),
  ],
  [
    'a JWT-SVID of another workload beside it',
    () => askWith(checkoutCertificate, bearer(svid({ claims: { sub: 'spiffe://prod.example/ns/shop/sa/cart' } }))),
    'CREDENTIAL_CONFLICT',
    'join-one-subject',
    () => askWith(checkoutCertificate, bearer(svid())),
  ],
  [
    'an access token beside it that is not bound to it',
    () => askWith(checkoutCertificate, bearer(accessToken())),
    'CREDENTIAL_CONFLICT',
    'join-one-subject',
  ],
]

// one above a multiple of all primes up to 701: every small prime leaves 1, which is a power of 65537
const primes = Array.from({ length: 700 }, (_, i) => BigInt(i + 2)).filter((n, i) => {
  for (let d = 2n; d < BigInt(i + 2); d++) if (n % d === 0n) return false
  return true
})
const product = primes.reduce((a, b) => a * b)
const weakModulus = (2n ** 2047n / product + 1n) * product + 1n

describe('an X.509-SVID is refused', () => {
  const gate = createFirstGate()
  test.for(rows)('%s', async ([, defect, code, clause, twin = good]) => {
    await refusesOnly((ask: Ask) => gate(ask), twin(), defect(), { code: code as 'EXPIRED', clause }) // a code of the table
  })

  test('by the bundle of another trust domain: roots are not pooled', async () => {
    const other = createAuthority('dev root')
    const verifierOf = (trustDomain: string, der: Buffer) => {
      const list = [der]
      return createX509SvidVerifier({
        trustDomain: domain(trustDomain),
        trust: { asOf: () => noon, anchors: async () => ok(list) },
      })
    }
    const gate = createFirstGate({
      verifiers: [verifierOf('prod.example', domainAuthority.der), verifierOf('dev.example', other.der)],
    })
    const ask = (authority: typeof other) => askWith(pemOf(authority.svid(checkout)))
    await refusesOnly((ask: Ask) => gate(ask), ask(domainAuthority), ask(other), {
      code: 'CERTIFICATE_REFUSED',
      clause: 'rfc5280-6.1-path',
    })
  })

  test.for<readonly [string, Buffer]>([
    [
      'a point on no curve',
      sequence(
        sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')),
        bits(Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 1)])),
      ),
    ],
    [
      'a modulus of a known weak generator (CVE-2017-15361)',
      sequence(sequence(oid('1.2.840.113549.1.1.1'), der(0x05)), bits(sequence(integer(weakModulus), integer(65_537)))),
    ],
  ])('for a key that is unusable: %s', async ([, spki]) => {
    const refusal = { code: 'CERTIFICATE_REFUSED', clause: certificateEvidenceClauses.key } as const
    await refusesOnly((ask: Ask) => gate(ask), good(), leafOf(checkout, { spki }), refusal)
  })

  test('a leaf that does not chain says what may be missing', async () => {
    const answer = await gate(askWith(pemOf(below.svid(checkout))))
    expect(!answer.ok && answer.detail).toMatch(/send its intermediates too.*xfcc_from/)
  })

  test('while its bundle is not available', async () => {
    const trust = {
      asOf: () => noon,
      anchors: async () => refuse('TRUST_UNAVAILABLE', x509SvidClauses.form, 'planted'),
    }
    const gate = createFirstGate({
      verifiers: [createX509SvidVerifier({ trustDomain: domain('prod.example'), trust })],
    })
    expect(await gate(good())).toMatchObject({ code: 'TRUST_UNAVAILABLE' })
  })

  test('an authority of the bundle that cannot be read authorizes nothing, the others do', async () => {
    const list = [Buffer.from('junk'), domainAuthority.der]
    const trust = { asOf: () => noon, anchors: async () => ok(list) }
    const gate = createFirstGate({
      verifiers: [createX509SvidVerifier({ trustDomain: domain('prod.example'), trust })],
    })
    expect(await gate(good())).toMatchObject({ ok: true })
  })

  test('a verifier given what is not its own', async () => {
    const list = [domainAuthority.der]
    const verifier = createX509SvidVerifier({
      trustDomain: domain('prod.example'),
      trust: { asOf: () => noon, anchors: async () => ok(list) },
    })
    const { open } = firstGateParts()
    const certificate = (pem: string) => {
      const opened = open({ form: 'certificate', scheme: 'tls', text: pem })
      if (!opened.ok) throw new Error(opened.clause)
      return opened.value
    }
    const { service } = createAsk()
    const check = (credential: Parameters<typeof verifier.verify>[0]) =>
      verifier.verify(credential, { service }, frameAt())
    const own = certificate(checkoutCertificate)
    const key = { form: 'key', scheme: 'bearer', text: 'x' } as const
    await refusesOnly(check, own, key, { code: 'CREDENTIAL_MALFORMED', clause: x509SvidClauses.form })
    const foreign = certificate(pemOf(domainAuthority.svid('spiffe://dev.example/x')))
    await refusesOnly(check, own, foreign, { code: 'ISSUER_UNKNOWN', clause: checkX509SvidClauses.trustDomain })
    const junk = {
      form: 'certificate',
      scheme: 'tls',
      uris: [],
      digest: own.form === 'certificate' ? own.digest : '',
      thumbprint: '',
    } as const
    for (const chain of [[Buffer.from('x')], [domainAuthority.svid(checkout).der, Buffer.from('x')]] as const) {
      // a chain that was never opened
      const credential = { ...junk, digest: `${chain.length}`, chain } as unknown as Parameters<
        typeof verifier.verify
      >[0]
      await refusesOnly(check, own, credential, { code: 'CREDENTIAL_MALFORMED', clause: 'rfc5280-4.1-certificate' })
    }
  })
})

describe('a token bound to a certificate (RFC 8705 §3)', () => {
  const leaf = domainAuthority.svid(checkout)
  const own = pemOf(leaf)
  const boundTo = (der: Buffer) => bearer(accessToken({ claims: { cnf: { 'x5t#S256': thumbprintOf(der) } } }))
  const good = () => askWith(own, boundTo(leaf.der))
  const gate = createFirstGate()

  test('without a proof that checks the binding', async () => {
    const refusal = { code: 'PROOF_INVALID', clause: 'proof-kind-supported' } as const
    expect(await gate(good())).toMatchObject({ ok: true })
    expect(await createFirstGate({ proofs: [] })(good())).toMatchObject({ ok: false, ...refusal })
  })

  test('certificate and token are one subject, the token says who', async () => {
    expect(await gate(good())).toMatchObject({
      ok: true,
      value: {
        subject: {
          id: `${oauthIssuer}#checkout`,
          methods: ['access-token', 'mtls', 'x509-svid', 'tls-handshake'],
          assurance: { level: 3, possession: 'channel' },
        },
        attested: { namespace: 'shop' },
        reusable: true,
      },
    })
  })

  test('the certificate may be one that nobody here vouches for, and says nothing then', async () => {
    const self = createAuthority('self').issue()
    const caller = await gate(askWith(pemOf(self), boundTo(self.der)))
    expect(caller).toMatchObject({ ok: true, value: { subject: { methods: ['access-token', 'mtls'] } } })
    expect(caller.ok && caller.value.attested).toEqual({ environment: 'production' })
  })

  test.for<readonly [string, () => Ask, string, string]>([
    [
      'without the certificate',
      () => createAsk({ headers: boundTo(leaf.der), pep: vouchingGateway }),
      'PROOF_REQUIRED',
      'rfc8705-3-certificate-present',
    ],
    [
      'with another certificate of the same workload',
      () => askWith(pemOf(domainAuthority.svid(checkout)), boundTo(leaf.der)),
      'CREDENTIAL_REFUSED',
      'rfc8705-3-x5t-s256',
    ],
    [
      'with a certificate that nobody vouches for and that is another',
      () => askWith(pemOf(createAuthority('self').issue()), boundTo(leaf.der)),
      'CREDENTIAL_UNSUPPORTED',
      'select-certificate',
    ],
    [
      'bound to an intermediate of the chain',
      () => askWith(chainOf(below).evidence.certificate ?? '', boundTo(below.der)),
      'CREDENTIAL_REFUSED',
      'rfc8705-3-x5t-s256',
    ],
    [
      'under the scheme DPoP',
      () => askWith(own, { authorization: boundTo(leaf.der).authorization.replace('Bearer', 'DPoP') }),
      'PROOF_INVALID',
      'rfc9449-7.1-token-bound',
    ],
  ])('is refused %s', async ([, defect, code, clause]) => {
    await refusesOnly((ask: Ask) => gate(ask), good(), defect(), { code: code as 'EXPIRED', clause }) // a code of the table
  })
})

test('a chain that takes long to search is answered in time', async () => {
  const keys = Array.from({ length: 9 }, () => createAuthority('prod.example root'))
  const leaf = keys[0]?.svid(checkout)
  const gate = createFirstGate()
  const ask = askWith(pemOf(...(leaf ? [leaf] : []), ...keys))
  const before = process.cpuUsage()
  const answer = await gate(ask, frameAt(instant(noon)))
  expect(answer).toMatchObject({ ok: false })
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(200)
})
