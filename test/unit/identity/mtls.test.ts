import { describe, expect, test } from 'vitest'
import type { Ask } from '../../../pdp/core/ask.ts'
import { ok } from '../../../pdp/core/result.ts'
import { readCertificateName } from '../../../pdp/identity/certificate-names.ts'
import { selectClauses } from '../../../pdp/identity/select.ts'
import { createMtlsVerifier, mtlsClauses, type MtlsSettings } from '../../../pdp/identity/verifiers/mtls.ts'
import { createX509SvidVerifier } from '../../../pdp/identity/verifiers/x509-svid.ts'
import type { CertificateName } from '../../../pdp/core/credential.ts'
import { createCertificateList } from '../../support/certificate-lists.ts'
import {
  createAuthority,
  extension,
  general,
  type IssueParts,
  name,
  pemOf,
  serverAuth,
} from '../../support/certificates.ts'
import { frameAt, noon } from '../../support/clock.ts'
import { oid, sequence, text, time } from '../../support/der.ts'
import { createFirstGate, domain, firstGateParts } from '../../support/first-gate.ts'
import { createTestRevocations } from '../../support/revocations.ts'
import { refusesOnly } from '../../support/twin.ts'
import {
  accessToken,
  bearer,
  checkout,
  createAsk,
  domainAnchors,
  domainAuthority,
  vouchingGateway,
} from '../../support/world.ts'

const partners = createAuthority('partners root')
const issuing = partners.authority('partners issuing', { serial: 55n })
const { uri, dns, email, ip } = general
const subjectOf = (...parts: readonly string[]) => name(...parts)

const known = (by: CertificateName['by'], value: string): CertificateName => {
  const read = readCertificateName(by, value)
  if (!read.ok) throw new Error(read.detail)
  return read.value
}

const clients = [
  { id: 'billing', name: known('subject', 'CN=billing') },
  { id: 'shop', name: known('san_dns', 'shop.partner.example') },
  { id: 'reports/eu', name: known('san_uri', 'urn:partner:reports') },
  { id: 'edge', name: known('san_ip', '2001:db8::1') },
  { id: 'mail', name: known('san_email', 'Robot@partner.example') },
]
const list = [partners.der]
const settings = (changes: Partial<MtlsSettings> = {}): MtlsSettings => ({
  name: 'partners',
  trust: { asOf: () => noon, anchors: async () => ok(list) },
  clients,
  facts: [{ name: 'environment', value: 'production', source: 'config' }],
  ...changes,
})
const gateOf = (...all: readonly MtlsSettings[]) =>
  createFirstGate({ verifiers: [...firstGateParts().verifiers, ...all.map(createMtlsVerifier)] })
const gate = gateOf(settings())
const check = (ask: Ask) => gate(ask)

const askWith = (certificate: string, headers: Readonly<Record<string, string>> = {}): Ask =>
  createAsk({ certificate, headers, pep: vouchingGateway })
const leafOf = (parts: IssueParts = {}): Ask =>
  askWith(pemOf(partners.issue({ subject: subjectOf('nobody'), ...parts })))
const named = (...names: readonly Buffer[]): Ask => leafOf({ extensions: [extension.names(names)] })
const good = () => named(dns('shop.partner.example'))

describe('a client of a configured authority', () => {
  test.for<readonly [string, () => Ask, string]>([
    ['by its subject', () => leafOf({ subject: subjectOf('billing') }), 'billing'],
    [
      'by its subject in other letters and another string type',
      () => leafOf({ subject: name(sequence(oid('2.5.4.3'), text(0x13, 'BILLING'))) }),
      'billing',
    ],
    ['by a DNS name', () => named(dns('shop.partner.example')), 'shop'],
    ['by a DNS name in capitals', () => named(dns('SHOP.partner.example')), 'shop'],
    ['by a DNS name that stands twice', () => named(dns('shop.partner.example'), dns('Shop.partner.example')), 'shop'],
    ['by a URI', () => named(uri('urn:partner:reports')), 'reports%2Feu'],
    ['by an address', () => named(ip(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)), 'edge'],
    ['by a mail address, its host in capitals', () => named(email('Robot@PARTNER.example')), 'mail'],
    [
      'through an intermediate',
      () => askWith(pemOf(issuing.issue({ subject: subjectOf('billing') }), issuing)),
      'billing',
    ],
  ])('%s', async ([, ask, id]) => {
    expect(await gate(ask())).toMatchObject({
      ok: true,
      value: {
        subject: {
          issuer: 'partners',
          id: `partners#${id}`,
          methods: ['mtls', 'tls-handshake'],
          assurance: { level: 3, possession: 'channel', attested: false },
        },
        attested: { environment: 'production' },
        attestedSources: { environment: 'config' },
        verified: [{ method: 'mtls', claims: { client_id: decodeURIComponent(id) } }],
      },
    })
  })

  test('is never a SPIFFE ID, whatever it is called', async () => {
    const caller = await gateOf(settings({ clients: [{ id: checkout, name: known('subject', 'CN=billing') }] }))(
      leafOf({ subject: subjectOf('billing') }),
    )
    expect(caller).toMatchObject({ ok: true, value: { subject: { id: `partners#${encodeURIComponent(checkout)}` } } })
    expect(caller.ok && caller.value.subject).not.toHaveProperty('trust_domain')
  })
})

const everything = [dns('shop.partner.example')]
const withExtension = (...more: Parameters<typeof extension.keyUsage>) =>
  leafOf({ extensions: [extension.names(everything), extension.keyUsage(...more)] })

describe('refused', () => {
  test.for<readonly [string, () => Ask, string, string]>([
    [
      'a wildcard, which matches nothing',
      () => named(dns('*.partner.example')),
      'CREDENTIAL_UNSUPPORTED',
      selectClauses.certificate,
    ],
    [
      'another subject',
      () => leafOf({ subject: subjectOf('billing2') }),
      'CREDENTIAL_UNSUPPORTED',
      selectClauses.certificate,
    ],
    [
      'a subject of more parts',
      () => leafOf({ subject: subjectOf('billing', 'x') }),
      'CREDENTIAL_UNSUPPORTED',
      selectClauses.certificate,
    ],
    [
      'a DNS name where a URI is configured',
      () => named(dns('urn:partner:reports')),
      'CREDENTIAL_UNSUPPORTED',
      selectClauses.certificate,
    ],
    ['a URI in capitals', () => named(uri('URN:partner:reports')), 'CREDENTIAL_UNSUPPORTED', selectClauses.certificate],
    [
      'a mailbox in other letters',
      () => named(email('robot@partner.example')),
      'CREDENTIAL_UNSUPPORTED',
      selectClauses.certificate,
    ],
    [
      'an IPv4 address that is the end of an IPv6 one',
      () => named(ip(0, 0, 0, 1)),
      'CREDENTIAL_UNSUPPORTED',
      selectClauses.certificate,
    ],
    [
      'the names of two clients',
      () => named(dns('shop.partner.example'), uri('urn:partner:reports')),
      'CREDENTIAL_AMBIGUOUS',
      selectClauses.oneClient,
    ],
    [
      'name and subject of two clients',
      () => leafOf({ subject: subjectOf('billing'), extensions: [extension.names(everything)] }),
      'CREDENTIAL_AMBIGUOUS',
      selectClauses.oneClient,
    ],
    [
      'a SPIFFE ID beside the name: it is for the trust domain to say',
      () => named(dns('shop.partner.example'), uri(checkout)),
      'CERTIFICATE_REFUSED',
      'rfc5280-6.1-path',
    ],
    [
      'a SPIFFE ID of a domain that is not configured',
      () => named(dns('shop.partner.example'), uri('spiffe://else.example/x')),
      'ISSUER_UNKNOWN',
      selectClauses.trustDomain,
    ],
    [
      'a SPIFFE ID in capitals',
      () => named(dns('shop.partner.example'), uri('SPIFFE://else.example/x')),
      'ISSUER_UNKNOWN',
      selectClauses.trustDomain,
    ],
    [
      'an authority as client',
      () => leafOf({ extensions: [extension.names(everything), extension.basicConstraints(true)] }),
      'CERTIFICATE_REFUSED',
      mtlsClauses.leaf,
    ],
    [
      'a key that signs certificates',
      () => withExtension(['digitalSignature', 'keyCertSign']),
      'CERTIFICATE_REFUSED',
      mtlsClauses.keyUsage,
    ],
    ['a key that signs nothing', () => withExtension(['keyEncipherment']), 'CERTIFICATE_REFUSED', mtlsClauses.keyUsage],
    [
      'a certificate for servers',
      () => leafOf({ extensions: [extension.names(everything), extension.purposes(serverAuth)] }),
      'CERTIFICATE_REFUSED',
      mtlsClauses.purpose,
    ],
    [
      'a certificate for any purpose',
      () => leafOf({ extensions: [extension.names(everything), extension.purposes('2.5.29.37.0')] }),
      'CERTIFICATE_REFUSED',
      mtlsClauses.purpose,
    ],
    [
      'a certificate without a purpose',
      () => leafOf({ extensions: [extension.names(everything)], without: ['2.5.29.37'] }),
      'CERTIFICATE_REFUSED',
      mtlsClauses.purpose,
    ],
    [
      'an expired one',
      () => leafOf({ extensions: [extension.names(everything)], notAfter: noon - 1_000 }),
      'EXPIRED',
      'rfc5280-6.1.3-not-after',
    ],
    [
      'an authority nobody configured',
      () => askWith(pemOf(domainAuthority.issue({ extensions: [extension.names(everything)] }))),
      'CERTIFICATE_REFUSED',
      'rfc5280-6.1-path',
    ],
    [
      'the intermediate left out',
      () => askWith(pemOf(issuing.issue({ extensions: [extension.names(everything)] }))),
      'CERTIFICATE_REFUSED',
      'rfc5280-6.1-path',
    ],
  ])('%s', async ([, defect, code, clause]) => {
    await refusesOnly(check, good(), defect(), { code: code as 'EXPIRED', clause }) // a code of the table
  })

  test('a leaf that does not chain says what may be missing', async () => {
    const answer = await gate(askWith(pemOf(issuing.issue({ extensions: [extension.names(everything)] }))))
    expect(!answer.ok && answer.detail).toMatch(/`intermediates`.*xfcc_from/)
  })

  test('another subject beside it, as of a token', async () => {
    const headers = bearer(accessToken())
    expect(await gate(askWith(good().evidence.certificate ?? '', headers))).toMatchObject({
      code: 'CREDENTIAL_CONFLICT',
    })
  })

  test('what was revoked: the client, the serial number, the authority between', async () => {
    for (const target of [
      { by: 'subject', issuer: 'partners', id: 'partners#shop' },
      { by: 'serial', issuer: 'CN=partners root', id: (55).toString(16) },
      { by: 'fact', name: 'environment', id: 'production' },
    ] as const) {
      const revocations = createTestRevocations(() => noon)
      const gate = createFirstGate({ verifiers: [createMtlsVerifier(settings())], revocation: revocations.view })
      const ask = askWith(pemOf(issuing.issue({ extensions: [extension.names(everything)] }), issuing))
      expect(await gate(ask)).toMatchObject({ ok: true })
      revocations.writer.revoke({ target, reason: 'lost', since: noon })
      expect(await gate(ask)).toMatchObject({ code: 'REVOKED' })
    }
  })

  test('a verifier given what is not its own', async () => {
    const verifier = createMtlsVerifier(settings())
    const { open } = firstGateParts()
    const opened = (pem: string) => {
      const read = open({ form: 'certificate', scheme: 'tls', text: pem })
      if (!read.ok) throw new Error(read.clause)
      return read.value
    }
    const { service } = createAsk()
    const verify = (credential: Parameters<typeof verifier.verify>[0]) =>
      verifier.verify(credential, { service }, frameAt())
    const own = opened(good().evidence.certificate ?? '')
    const key = { form: 'key', scheme: 'bearer', text: 'x' } as const
    await refusesOnly(verify, own, key, { code: 'CREDENTIAL_MALFORMED', clause: mtlsClauses.form })
    const svid = opened(named(dns('shop.partner.example'), uri(checkout)).evidence.certificate ?? '')
    await refusesOnly(verify, own, svid, { code: 'CREDENTIAL_REFUSED', clause: mtlsClauses.spiffe })
    const nobody = opened(leafOf().evidence.certificate ?? '')
    await refusesOnly(verify, own, nobody, { code: 'CREDENTIAL_REFUSED', clause: mtlsClauses.client })
  })
})

describe('at start', () => {
  test('two clients with one name, however it is written, in one authority or two', () => {
    const same = [
      { id: 'a', name: known('subject', 'CN=billing,O=Example') },
      { id: 'b', name: known('subject', 'cn=Billing, o=example'.replace(', ', ',')) },
    ]
    expect(() => createMtlsVerifier(settings({ clients: same }))).toThrow(/`a` and `b` have the same subject/)
    expect(() => gateOf(settings(), settings({ name: 'others' }))).toThrow(/taken by both mtls and mtls/)
  })

  test.for<readonly [CertificateName['by'], string]>([
    ['subject', ''],
    ['subject', 'billing'],
    ['subject', 'CN=a+'],
    ['subject', 'CN=a,'],
    ['subject', 'nonsense=a'],
    ['san_dns', '*.example.com'],
    ['san_dns', 'a..b'],
    ['san_uri', 'spiffe://prod.example/x'],
    ['san_uri', 'SPIFFE://prod.example/x'],
    ['san_uri', 'no uri'],
    ['san_ip', '10.0.0.256'],
    ['san_ip', '10.0.0.010'],
    ['san_ip', '1::2::3'],
    ['san_email', 'nobody'],
  ])('%s cannot be `%s`', ([by, value]) => {
    expect(readCertificateName(by, value)).toMatchObject({ ok: false, code: 'CREDENTIAL_MALFORMED' })
  })
})

describe('what was configured beside the authorities', () => {
  const withAids = (aids: { readonly intermediates?: readonly Buffer[]; readonly lists?: readonly Buffer[] }) => {
    const held = { intermediates: aids.intermediates ?? [], lists: aids.lists ?? [] }
    return gateOf(settings({ aids: { aids: async () => ok(held) } }))
  }
  const leaf = issuing.issue({ serial: 99n, extensions: [extension.names(everything)] })
  const alone = () => askWith(pemOf(leaf))
  const whole = () => askWith(pemOf(leaf, issuing))

  test('an intermediate completes the chain and is no anchor', async () => {
    expect(await withAids({})(alone())).toMatchObject({ code: 'CERTIFICATE_REFUSED', clause: 'rfc5280-6.1-path' })
    expect(await withAids({ intermediates: [issuing.der] })(alone())).toMatchObject({ ok: true })
    const stranger = createAuthority('stranger')
    const foreign = askWith(pemOf(stranger.issue({ extensions: [extension.names(everything)] })))
    expect(await withAids({ intermediates: [stranger.der] })(foreign)).toMatchObject({
      ok: false,
      clause: 'rfc5280-6.1-path',
    })
  })

  test.for<readonly [string, () => readonly Buffer[], string, string]>([
    [
      'the leaf is on the list of its issuer',
      () => [createCertificateList(issuing, { revoked: [99] })],
      'REVOKED',
      'rfc5280-6.3.3-revoked',
    ],
    [
      'the authority between is on the list',
      () => [createCertificateList(partners, { revoked: [55] })],
      'REVOKED',
      'rfc5280-6.3.3-revoked',
    ],
    [
      'a list is out of date',
      () => [createCertificateList(issuing, { thisUpdate: noon - 9_000, nextUpdate: time(noon - 1_000) })],
      'TRUST_UNAVAILABLE',
      'rfc5280-6.3.3-list-current',
    ],
    [
      'a list is signed by another',
      () => [createCertificateList(issuing, { signer: partners })],
      'TRUST_UNAVAILABLE',
      'rfc5280-6.3.3-list-signature',
    ],
    ['a list cannot be read', () => [Buffer.from('junk')], 'TRUST_UNAVAILABLE', 'path-aid-list-readable'],
  ])('%s', async ([, lists, code, clause]) => {
    const twin = withAids({
      lists: [createCertificateList(issuing, { revoked: [98] }), createCertificateList(partners)],
    })
    expect(await twin(whole())).toMatchObject({ ok: true })
    expect(await withAids({ lists: lists() })(whole())).toMatchObject({ ok: false, code, clause })
  })

  test('a chain found good is good only while the list is: it ends with its next update', async () => {
    const gate = withAids({ lists: [createCertificateList(issuing, { nextUpdate: time(noon + 60_000) })] })
    expect(await gate(whole())).toMatchObject({ ok: true, value: { expiresAt: noon + 60_000 } })
    const at = (ms: number) => frameAt((noon + ms) as typeof noon) // an instant
    expect(await gate(whole(), at(59_000))).toMatchObject({ ok: true })
    expect(await gate(whole(), at(61_000))).toMatchObject({
      code: 'TRUST_UNAVAILABLE',
      clause: 'rfc5280-6.3.3-list-current',
    })
  })

  test('swapped, they are asked anew', async () => {
    let held = { intermediates: [issuing.der], lists: [createCertificateList(issuing)] }
    const gate = gateOf(settings({ aids: { aids: async () => ok(held) } }))
    expect(await gate(alone())).toMatchObject({ ok: true })
    held = { ...held, lists: [createCertificateList(issuing, { revoked: [99] })] }
    expect(await gate(alone())).toMatchObject({ code: 'REVOKED' })
  })

  test('for X.509-SVIDs too', async () => {
    const below = domainAuthority.authority('below')
    const svid = below.svid(checkout, { serial: 7n })
    const gateWith = (lists: readonly Buffer[]) => {
      const held = { intermediates: [below.der], lists }
      const verifier = createX509SvidVerifier({
        trustDomain: domain('prod.example'),
        trust: domainAnchors,
        aids: { aids: async () => ok(held) },
      })
      return createFirstGate({ verifiers: [verifier] })
    }
    expect(await gateWith([createCertificateList(below)])(askWith(pemOf(svid)))).toMatchObject({ ok: true })
    expect(await gateWith([createCertificateList(below, { revoked: [7] })])(askWith(pemOf(svid)))).toMatchObject({
      code: 'REVOKED',
    })
  })
})
