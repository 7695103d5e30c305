import { clauses } from '../core/clause.ts'
import { type Refusal, refuse } from '../core/result.ts'
import type { Certificate } from './certificate.ts'
import { checkKey } from './key-rules.ts'
import { signatureAlgorithmOf } from './signature-algorithms.ts'
import { verifySignature } from './verify-signature.ts'

export const checkProfileClauses = clauses({
  serial: 'rfc5280-4.1.2.2-serial-number',
  issuer: 'rfc5280-4.1.2.4-issuer-named',
  subject: 'rfc5280-4.1.2.6-authority-named',
  altNameCritical: 'rfc5280-4.1.2.6-only-name-critical',
  authorityKeyId: 'rfc5280-4.2.1.1-key-identifier-present',
  authorityKeyIdCritical: 'rfc5280-4.2.1.1-not-critical',
  subjectKeyId: 'rfc5280-4.2.1.2-key-identifier-present',
  subjectKeyIdCritical: 'rfc5280-4.2.1.2-not-critical',
  keyUsage: 'rfc5280-4.2.1.3-authority-key-usage',
  keyCertSign: 'rfc5280-4.2.1.3-key-cert-sign-of-authority',
  dnsName: 'rfc5280-4.2.1.6-dns-name',
  basicConstraints: 'rfc5280-4.2.1.9-authority-critical',
  nameConstraints: 'rfc5280-4.2.1.10-authority-critical',
  policyConstraints: 'rfc5280-4.2.1.11-critical',
  inhibitAnyPolicy: 'rfc5280-4.2.1.14-critical',
  signatureAlgorithm: 'rfc5280-4.1.1.2-own-signature-algorithm',
})

type Rule = readonly [
  clause: (typeof checkProfileClauses)[keyof typeof checkProfileClauses],
  detail: string,
  isBroken: (c: Certificate) => boolean,
]

const largestSerial = 2n ** 159n // 20 octets, the first bit of which is the sign
const dnsName =
  /^(?:\*\.)?[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/

const isAuthority = ({ extensions }: Certificate): boolean => extensions.basicConstraints?.isCa === true

/** Signed by its own key, whatever issuer it names; only such a one may leave out who signed it (§4.2.1.1). */
const isSelfSigned = (certificate: Certificate): boolean =>
  verifySignature(certificate, certificate.publicKey) === undefined

/** What RFC 5280 §4 demands of conforming issuers, rule by rule. */
const rules: readonly Rule[] = [
  [
    checkProfileClauses.serial,
    'serial number must be positive and 20 octets long at most',
    ({ serial }) => serial <= 0n || serial >= largestSerial,
  ],
  [checkProfileClauses.issuer, 'issuer must have a name', ({ issuer }) => issuer.rdns.length === 0],
  [
    checkProfileClauses.subject,
    'an authority must have a name',
    (certificate) => isAuthority(certificate) && certificate.subject.rdns.length === 0,
  ],
  [
    checkProfileClauses.altNameCritical,
    'without a subject the alternative name must be there and critical',
    ({ subject, extensions }) => subject.rdns.length === 0 && extensions.subjectAltName?.critical !== true,
  ],
  [
    checkProfileClauses.authorityKeyIdCritical,
    'authority key identifier must not be critical',
    ({ extensions }) => extensions.authorityKeyId?.critical === true,
  ],
  [
    checkProfileClauses.authorityKeyId,
    'authority key identifier must be there',
    (certificate) => certificate.extensions.authorityKeyId?.keyId === undefined && !isSelfSigned(certificate),
  ],
  [
    checkProfileClauses.subjectKeyIdCritical,
    'subject key identifier must not be critical',
    ({ extensions }) => extensions.subjectKeyId?.critical === true,
  ],
  [
    checkProfileClauses.subjectKeyId,
    'an authority must have a subject key identifier',
    (certificate) => isAuthority(certificate) && !certificate.extensions.subjectKeyId,
  ],
  [
    checkProfileClauses.keyUsage,
    'an authority must have a key usage with keyCertSign',
    (certificate) => isAuthority(certificate) && certificate.extensions.keyUsage?.keyCertSign !== true,
  ],
  [
    checkProfileClauses.keyCertSign,
    'keyCertSign is for authorities',
    (certificate) => !isAuthority(certificate) && certificate.extensions.keyUsage?.keyCertSign === true,
  ],
  [
    checkProfileClauses.dnsName,
    'a DNS name is malformed',
    ({ extensions }) =>
      extensions.subjectAltName?.names.some((name) => name.kind === 'dns' && !dnsName.test(name.value)) === true,
  ],
  [
    checkProfileClauses.basicConstraints,
    'basic constraints of an authority must be critical',
    (certificate) => isAuthority(certificate) && certificate.extensions.basicConstraints?.critical !== true,
  ],
  [
    checkProfileClauses.nameConstraints,
    'name constraints are for authorities, and critical',
    (certificate) =>
      certificate.extensions.nameConstraints !== undefined &&
      !(isAuthority(certificate) && certificate.extensions.nameConstraints.critical),
  ],
  [
    checkProfileClauses.policyConstraints,
    'policy constraints must be critical',
    ({ extensions }) => extensions.policyConstraints?.critical === false,
  ],
  [
    checkProfileClauses.inhibitAnyPolicy,
    'inhibit anyPolicy must be critical',
    ({ extensions }) => extensions.inhibitAnyPolicy?.critical === false,
  ],
  [
    checkProfileClauses.signatureAlgorithm,
    'signature algorithm is weak or not known',
    ({ signatureAlgorithm }) => signatureAlgorithmOf(signatureAlgorithm) === undefined,
  ],
]

/** Checks one certificate, authority or not, against the profile of RFC 5280 §4. Errors: CERTIFICATE_REFUSED. */
export function checkProfile(certificate: Certificate): Refusal | undefined {
  const broken = rules.find(([, , isBroken]) => isBroken(certificate))
  return broken ? refuse('CERTIFICATE_REFUSED', broken[0], broken[1]) : checkKey(certificate.publicKey)
}
