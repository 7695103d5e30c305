import { objectOf, type ObjectValue, type Value } from '../value.ts'
import type {
  AlternativeNames,
  Certificate,
  CertificateExtension,
  CertificateFacts,
  IpRange,
  NameAttribute,
  NameSubtrees,
} from './certificate.ts'
import { goBytes, goList, goNumber, goOid, goString, goStruct } from './go-struct.ts'
import type { LooseAttribute } from './request.ts'
import { type WholeUri, wholeUriText } from './whole-uri.ts'
import { ipText } from './ip-address.ts'
import { publicKeyValue } from './key-value.ts'
import { looseOidText } from './loose-oid-text.ts'

/** A certificate as Go's `json.Marshal` writes an `x509.Certificate`. */
export function certificateValue(certificate: Certificate): ObjectValue {
  const { facts, publicKey } = certificate
  const { basicConstraints } = facts
  return goStruct({
    Raw: goBytes(certificate.raw),
    RawTBSCertificate: goBytes(certificate.tbs),
    RawSubjectPublicKeyInfo: goBytes(certificate.spki),
    RawSubject: goBytes(certificate.rawSubject),
    RawIssuer: goBytes(certificate.rawIssuer),
    Signature: goBytes(certificate.signature),
    SignatureAlgorithm: certificate.signatureAlgorithm,
    PublicKeyAlgorithm: certificate.publicKeyAlgorithm,
    PublicKey: publicKey ? publicKeyValue(publicKey) : null,
    Version: certificate.version,
    SerialNumber: goNumber(certificate.serialNumber),
    Issuer: nameValue(certificate.issuer),
    Subject: nameValue(certificate.subject),
    NotBefore: certificate.notBefore.text,
    NotAfter: certificate.notAfter.text,
    KeyUsage: facts.keyUsage,
    Extensions: goList(certificate.extensions.map(extensionValue)),
    ExtraExtensions: null,
    UnhandledCriticalExtensions: goList(facts.unhandled.map(goOid)),
    ExtKeyUsage: goList(facts.extKeyUsages),
    UnknownExtKeyUsage: goList(facts.unknownExtKeyUsages.map(goOid)),
    BasicConstraintsValid: basicConstraints !== undefined,
    IsCA: basicConstraints?.isCa ?? false,
    MaxPathLen: goNumber(basicConstraints?.maxPathLength ?? 0n),
    MaxPathLenZero: basicConstraints?.maxPathLength === 0n,
    SubjectKeyId: goBytes(facts.subjectKeyId),
    AuthorityKeyId: goBytes(facts.authorityKeyId),
    OCSPServer: goList(facts.ocspServers),
    IssuingCertificateURL: goList(facts.issuingUrls),
    ...alternativeNameFields(facts.names),
    PermittedDNSDomainsCritical: facts.constraintsCritical,
    ...subtreeFields('Permitted', facts.permitted),
    ...subtreeFields('Excluded', facts.excluded),
    CRLDistributionPoints: goList(facts.crlPoints),
    ...policyFields(facts),
  })
}

/** The same with `URIStrings`, which OPA adds: its URIs put together again. */
export function extendedCertificateValue(certificate: Certificate): ObjectValue {
  const uris = certificate.facts.names.uris.map((uri) => goString(wholeUriText(uri)))
  return objectOf(...certificateValue(certificate).entries, ['URIStrings', goList(uris)])
}

/** The alternative names as fields of a certificate or a request. */
export const alternativeNameFields = ({ dns, emails, ips, uris }: AlternativeNames): Record<string, Value> => ({
  DNSNames: goList(dns),
  EmailAddresses: goList(emails),
  IPAddresses: goList(ips.map((ip) => ipText([...ip]))),
  URIs: goList(uris.map(urlValue)),
})

const namedFields = {
  '2.5.4.6': 'Country',
  '2.5.4.10': 'Organization',
  '2.5.4.11': 'OrganizationalUnit',
  '2.5.4.7': 'Locality',
  '2.5.4.8': 'Province',
  '2.5.4.9': 'StreetAddress',
  '2.5.4.17': 'PostalCode',
} as const

/** A `pkix.Name`; a value that is no text stands among `Names` only. */
export function nameValue(attributes: readonly (NameAttribute | LooseAttribute)[]): ObjectValue {
  const texts = attributes.filter((attribute) => !('isText' in attribute) || attribute.isText)
  const valuesOf = (oid: string) => texts.filter(({ type }) => type === oid).map(({ value }) => value)
  const lists = Object.entries(namedFields).map(([oid, field]) => [field, goList(valuesOf(oid))] as const)
  return goStruct({
    ...Object.fromEntries(lists),
    SerialNumber: valuesOf('2.5.4.5').at(-1) ?? '',
    CommonName: valuesOf('2.5.4.3').at(-1) ?? '',
    Names: goList(attributes.map(({ type, value }) => goStruct({ Type: goOid(type), Value: value }))),
    ExtraNames: null,
  } satisfies Record<string, Value>)
}

export const extensionValue = ({ id, critical, value }: CertificateExtension): ObjectValue =>
  goStruct({ Id: goOid(id), Critical: critical, Value: goBytes(value) })

const subtreeFields = (kind: string, { dns, ips, emails, uris }: NameSubtrees): Record<string, Value> => ({
  [`${kind}DNSDomains`]: goList(dns),
  [`${kind}IPRanges`]: goList(ips.map(rangeValue)),
  [`${kind}EmailAddresses`]: goList(emails),
  [`${kind}URIDomains`]: goList(uris),
})

const rangeValue = ({ ip, mask }: IpRange): ObjectValue => goStruct({ IP: ipText([...ip]), Mask: goBytes(mask) })

function policyFields(facts: CertificateFacts): Record<string, Value> {
  const { policies, inhibitAnyPolicy, inhibitPolicyMapping, requireExplicitPolicy } = facts
  return {
    PolicyIdentifiers: policies?.filter(isSmallOid).map(goOid) ?? null,
    Policies: goList(policies),
    InhibitAnyPolicy: goNumber(inhibitAnyPolicy.value),
    InhibitAnyPolicyZero: inhibitAnyPolicy.isZero,
    InhibitPolicyMapping: goNumber(inhibitPolicyMapping.value),
    InhibitPolicyMappingZero: inhibitPolicyMapping.isZero,
    RequireExplicitPolicy: goNumber(requireExplicitPolicy.value),
    RequireExplicitPolicyZero: requireExplicitPolicy.isZero,
    PolicyMappings: goList(
      facts.policyMappings.map(({ issuer, subject }) =>
        goStruct({ IssuerDomainPolicy: looseOidText(issuer), SubjectDomainPolicy: looseOidText(subject) }),
      ),
    ),
  }
}

/** Whether each number of the encoding fits 31 bits; the first two components are one number. */
function isSmallOid(oid: string): boolean {
  const [root = 0, second = 0, ...rest] = oid.split('.').map(Number)
  return [root * 40 + second, ...rest].every((number) => number < 2 ** 31)
}

function urlValue(url: WholeUri): ObjectValue {
  return goStruct({
    Scheme: url.scheme,
    Opaque: goString(url.opaque),
    User: url.user ? objectOf() : null, // nothing of it is exported
    Host: goString(url.host),
    Path: goString(url.path),
    Fragment: goString(url.fragment),
    RawQuery: goString(url.rawQuery),
    RawPath: goString(url.rawPath),
    RawFragment: goString(url.rawFragment),
    ForceQuery: url.forceQuery,
    OmitHost: url.omitHost,
  })
}
