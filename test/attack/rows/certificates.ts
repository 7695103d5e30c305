import { createHash } from 'node:crypto'
import { sha256 } from '../../../pdp/core/digest.ts'
import type { Instant } from '../../../pdp/core/time.ts'
import {
  createAuthority,
  createKeyPair,
  extension,
  general,
  type IssueParts,
  pemOf,
  type TestAuthority,
  type TestCertificate,
} from '../../support/certificates.ts'
import { der } from '../../support/der.ts'
import { clientCertHeaders, proxyId, xfccElement } from '../../support/forwarded.ts'
import { bearer, checkout, svid } from '../../support/world.ts'
import { type Attack, family, type Presented } from '../attack.ts'

// Attacks on certificates: on the names of an X.509-SVID, on its path, and on the headers that forward it.

const day = 86_400_000
const always = { notBefore: Date.UTC(2026, 0), notAfter: Date.UTC(2046, 0) }

/** The authority of the attacked trust domain. Good at any present, as are all certificates here. */
export const attackedAuthority = createAuthority('attacked root', always)
const elsewhere = createAuthority('attacked root', always) // the same name, another key
const victim = 'spiffe://prod.example/ns/shop/sa/payments'

const around = (now: Instant) => ({ notBefore: now - day, notAfter: now + day })
const leafOf = (now: Instant, parts: IssueParts = {}, by: TestAuthority = attackedAuthority) =>
  by.svid(checkout, { ...around(now), ...parts })
const named = (...names: readonly Buffer[]) =>
  presents((now) => [leafOf(now, { extensions: [extension.names(names)] })])
const presents =
  (chain: (now: Instant) => readonly TestCertificate[]) =>
  (now: Instant): Presented => ({ certificate: pemOf(...chain(now)) })
const good = presents((now) => [leafOf(now)])

const below = (parts: IssueParts = {}) => attackedAuthority.authority('between', { ...always, ...parts })
const between = below()
const constrained = (names: Parameters<typeof extension.nameConstraints>[0]) =>
  presents((now) => {
    const authority = below({ extensions: [extension.nameConstraints(names)] })
    return [leafOf(now, {}, authority), authority]
  })

const notInput = { because: 'certificates are no part of what they verify' }
const refused = 'CERTIFICATE_REFUSED'

export const certificateAttacks: readonly Attack[] = family(good, notInput, [
  [
    'san-two-uris',
    'two URI names',
    'X509-SVID §2',
    named(general.uri(checkout), general.uri(victim)),
    'CREDENTIAL_REFUSED',
    'x509-svid-2-one-uri-name',
  ],
  [
    'san-nul',
    'a NUL in the SPIFFE ID',
    'CVE-2025-66220',
    named(general.uri(`${checkout}\0.evil.example`)),
    'CREDENTIAL_MALFORMED',
    'rfc5280-4.2.1.6-subject-alternative-name',
  ],
  [
    'san-upper-case',
    'the trust domain in capitals',
    'CVE-2026-47778',
    named(general.uri(checkout.replace('prod', 'PROD'))),
    'ISSUER_UNKNOWN',
    'select-trust-domain',
  ],
  [
    'san-percent',
    'a percent-encoded segment',
    'SPIFFE ID §2.2',
    named(general.uri(checkout.replace('checkout', '%63heckout'))),
    'CREDENTIAL_MALFORMED',
    'spiffe-id-2.2-path',
  ],
  [
    'san-comma',
    'a second name after a comma in the text of one',
    'CVE-2021-44532',
    named(general.uri(`${checkout}, URI:${victim}`)),
    'CREDENTIAL_MALFORMED',
    'spiffe-id-2.2-path',
  ],
  [
    'san-quotes',
    'a quoted second name in the text of a DNS name, and no URI',
    'CVE-2021-44533',
    named(general.dns(`x", URI:"${checkout}`)),
    'CREDENTIAL_UNSUPPORTED',
    'select-certificate',
  ],
  [
    'san-unicode',
    'a letter beyond ASCII in the SPIFFE ID',
    'RFC 5280 §4.2.1.6',
    named(der(0x86, Buffer.from(checkout.replace('checkout', '\u0441heckout')))),
    'CREDENTIAL_MALFORMED',
    'rfc5280-4.2.1.6-subject-alternative-name',
  ],
  [
    'san-type-confusion',
    'the SPIFFE ID as DNS name',
    'CVE-2021-44531',
    named(general.dns(checkout)),
    'CREDENTIAL_UNSUPPORTED',
    'select-certificate',
  ],
  [
    'san-root-id',
    'the ID of the trust domain itself',
    'X509-SVID §5.2',
    named(general.uri('spiffe://prod.example')),
    'CREDENTIAL_REFUSED',
    'x509-svid-5.2-workload-path',
  ],
  [
    'san-other-domain',
    'a workload of another trust domain, by the authority of ours',
    'SPIFFE Federation §7.3',
    named(general.uri('spiffe://staging.example/ns/shop/sa/checkout')),
    'ISSUER_UNKNOWN',
    'select-trust-domain',
  ],
  [
    'ca-as-leaf',
    'an authority presents itself',
    'X509-SVID §5.2',
    presents((now) => [
      leafOf(now, {
        extensions: [extension.basicConstraints(true), extension.keyUsage(['digitalSignature', 'keyCertSign'])],
      }),
    ]),
    refused,
    'x509-svid-5.2-leaf-no-authority',
  ],
  [
    'leaf-as-ca',
    'a workload signs a certificate',
    'CVE-2026-33896',
    presents((now) => {
      const key = createKeyPair()
      const parent = leafOf(now, { key })
      const forger = createAuthority('workload', { ...always, key })
      return [forger.svid(victim, around(now)), parent]
    }),
    refused,
    'x509-svid-3.2-authority-without-path',
  ],
  [
    'leaf-as-ca-unnamed',
    'a certificate without a SPIFFE ID, and no authority, signs one',
    'CVE-2026-33896',
    presents((now) => {
      const key = createKeyPair()
      const parent = attackedAuthority.issue({ ...around(now), key })
      const forger = createAuthority('workload', { ...always, key, subject: parent.subject })
      return [forger.svid(victim, around(now)), parent]
    }),
    refused,
    'rfc5280-6.1.4-ca',
  ],
  [
    'authority-of-same-name',
    'an authority of the same name',
    'RFC 5280 §6.1.3',
    presents((now) => [leafOf(now, {}, elsewhere)]),
    'SIGNATURE_INVALID',
    'rfc5280-6.1.3-signature',
  ],
  [
    'leaf-expired',
    'a certificate that has expired',
    'RFC 5280 §6.1.3',
    presents((now) => [leafOf(now, { notAfter: now - 120_000 })]),
    'EXPIRED',
    'rfc5280-6.1.3-not-after',
  ],
  [
    'intermediate-expired',
    'an authority between that has expired',
    'RFC 5280 §6.1.3',
    presents((now) => {
      const old = below({ notAfter: now - 120_000 })
      return [leafOf(now, {}, old), old]
    }),
    'EXPIRED',
    'rfc5280-6.1.3-not-after',
  ],
  [
    'intermediate-absent',
    'the authority between left out',
    'RFC 5280 §6.1',
    presents((now) => [leafOf(now, {}, between)]),
    refused,
    'rfc5280-6.1-path',
  ],
  [
    'name-excluded',
    'a URI whose host is excluded',
    'CVE-2025-61727',
    constrained({ excluded: [general.uri('prod.example')] }),
    refused,
    'rfc5280-6.1.3-excluded-subtrees',
  ],
  [
    'name-not-permitted',
    'a URI whose host is not among those permitted',
    'RFC 5280 §4.2.1.10',
    constrained({ permitted: [general.uri('staging.example')] }),
    refused,
    'rfc5280-6.1.3-permitted-subtrees',
  ],
  [
    'key-usage-absent',
    'a key that signs nothing',
    'X509-SVID §4.3',
    presents((now) => [leafOf(now, { extensions: [extension.keyUsage(['keyEncipherment'])] })]),
    refused,
    'x509-svid-4.3-digital-signature',
  ],
  [
    'purpose-server-alone',
    'a certificate for servers',
    'X509-SVID §4.4',
    presents((now) => [leafOf(now, { extensions: [extension.purposes('1.3.6.1.5.5.7.3.1')] })]),
    refused,
    'x509-svid-4.4-server-and-client',
  ],
  [
    'extension-critical-unknown',
    'a critical extension that nobody knows',
    'RFC 5280 §4.2',
    presents((now) => [
      leafOf(now, { extensions: [{ id: '1.3.6.1.4.1.55555.1', critical: true, value: Buffer.from([5, 0]) }] }),
    ]),
    refused,
    'rfc5280-4.2-critical-extension-known',
  ],
  [
    'two-callers',
    'the certificate of one workload beside the token of another',
    'RFC 9334 §12',
    (now) => ({
      certificate: pemOf(attackedAuthority.svid(victim, around(now))),
      headers: bearer(svid({ now })),
    }),
    'CREDENTIAL_CONFLICT',
    'join-one-subject',
  ],
  [
    'certificate-by-plain-pep',
    'a certificate from one who may not vouch',
    'RFC 9440 §4',
    (now) => ({ ...good(now), pep: 'plain' }),
    'VOUCH_REFUSED',
    'hop-rule-vouch-peer-certificate',
  ],
])

const x5tOf = ({ der }: TestCertificate) => createHash('sha256').update(der).digest('base64url')
const proxyOf = (now: Instant, id = proxyId) => pemOf(attackedAuthority.svid(id, around(now)))
const forwards =
  (
    headers: (leaf: TestCertificate, now: Instant) => Presented['headers'],
    more: (now: Instant) => Presented = () => ({}),
  ) =>
  (now: Instant): Presented => ({
    pep: 'edge',
    certificate: proxyOf(now),
    headers: headers(leafOf(now), now) ?? {},
    ...more(now),
  })
const xfcc = (value: (leaf: TestCertificate, now: Instant) => string | readonly string[]) =>
  forwards((leaf, now) => ({ 'x-forwarded-client-cert': value(leaf, now) }))
const element = (leaf: TestCertificate) => xfccElement([leaf])
const forwarded = 'hop-rule-forwarded-certificate'

/** Header spoofing (Envoy issue 6038): whoever reaches a server can send these headers. */
export const forwardedAttacks: readonly Attack[] = family(xfcc(element), notInput, [
  [
    'xfcc-no-proxy',
    'the header without the certificate of a proxy',
    'Envoy issue 6038',
    (now) => ({ pep: 'edge', headers: { 'x-forwarded-client-cert': element(leafOf(now)) } }),
    'VOUCH_REFUSED',
    forwarded,
  ],
  [
    'xfcc-plain-pep',
    'the header through one who vouches for nothing',
    'Envoy issue 6038',
    (now) => ({ pep: 'plain', headers: { 'x-forwarded-client-cert': element(leafOf(now)) } }),
    'VOUCH_REFUSED',
    forwarded,
  ],
  [
    'xfcc-by-workload',
    'the header by a workload that is no proxy',
    'Envoy issue 6038',
    forwards(
      (leaf) => ({ 'x-forwarded-client-cert': xfccElement([leaf], checkout) }),
      (now) => ({ certificate: proxyOf(now, checkout) }),
    ),
    'VOUCH_REFUSED',
    forwarded,
  ],
  [
    'xfcc-two-headers',
    'the header twice',
    'Envoy issue 6038',
    xfcc((leaf, now) => [element(attackedAuthority.svid(victim, around(now))), element(leaf)]),
    'CREDENTIAL_AMBIGUOUS',
    'evidence-one-value-per-slot',
  ],
  [
    'xfcc-by-other-proxy',
    'an element that names another proxy',
    'Envoy issue 6038',
    xfcc((leaf) => xfccElement([leaf], `${proxyId}2`)),
    'VOUCH_REFUSED',
    'xfcc-last-element-by-peer',
  ],
  [
    'xfcc-hash-of-another',
    'the hash of another certificate',
    'Envoy issue 6038',
    xfcc((leaf) => element(leaf).replace(/Hash=[0-9a-f]+/, `Hash=${sha256('another')}`)),
    'VOUCH_REFUSED',
    'xfcc-hash-of-certificate',
  ],
  [
    'xfcc-two-uris',
    'the certificate of two URIs',
    'Envoy pull request 20724',
    xfcc((_, now) =>
      element(leafOf(now, { extensions: [extension.names([general.uri(checkout), general.uri(victim)])] })),
    ),
    'CREDENTIAL_REFUSED',
    'x509-svid-2-one-uri-name',
  ],
  [
    'xfcc-uri-alone',
    'an element that names a caller and shows no certificate',
    'Envoy issue 6038',
    xfcc((leaf) => `By=${proxyId};Hash=${sha256(leaf.der)};URI=${victim}`),
    'VOUCH_REFUSED',
    'xfcc-certificate-present',
  ],
  [
    'xfcc-quote-open',
    'a quotation that does not end',
    'Envoy issue 6038',
    xfcc((leaf) => `${element(leaf)};Subject="CN=x`),
    'CREDENTIAL_MALFORMED',
    'xfcc-element-form',
  ],
  [
    'client-cert-unnamed',
    'Client-Cert from a proxy named for the other header',
    'RFC 9440 §4',
    forwards((leaf) => clientCertHeaders([leaf])),
    'VOUCH_REFUSED',
    forwarded,
  ],
  [
    'xfcc-bound-to-another',
    'a token bound to another certificate than the one forwarded',
    'RFC 8705 §3',
    (now) => {
      const [leaf, other] = [leafOf(now), attackedAuthority.svid(checkout, around(now))]
      const bound = svid({ now, claims: { cnf: { 'x5t#S256': x5tOf(other) } } })
      return {
        pep: 'edge',
        certificate: proxyOf(now),
        headers: { 'x-forwarded-client-cert': element(leaf), ...bearer(bound) },
      }
    },
    'CREDENTIAL_REFUSED',
    'rfc8705-3-x5t-s256',
  ],
])
