import type { WholeUri } from './whole-uri.ts'
import type { PublicKey } from './public-key.ts'

/** A time of a certificate: to compare, and as Go writes it, in the zone that it was given in. */
export interface CertificateTime {
  readonly epochSeconds: number
  readonly text: string
}

/** One attribute of a distinguished name. */
export interface NameAttribute {
  readonly type: string
  readonly value: string
}

export interface CertificateExtension {
  readonly id: string
  readonly critical: boolean
  readonly value: Buffer
}

/** The names a certificate is for, `undefined` where it has none of a kind. */
export interface AlternativeNames {
  readonly dns: readonly string[]
  readonly emails: readonly string[]
  readonly ips: readonly Buffer[]
  readonly uris: readonly WholeUri[]
}

export interface IpRange {
  readonly ip: Buffer
  readonly mask: Buffer
}

/** One half of name constraints (RFC 5280 §4.2.1.10). */
export interface NameSubtrees {
  readonly dns: readonly string[]
  readonly ips: readonly IpRange[]
  readonly emails: readonly string[]
  readonly uris: readonly string[]
}

/** A number that is 0 unless given, with whether it was given as 0. */
export interface CountWithZero {
  readonly value: bigint
  readonly isZero: boolean
}

/** What the extensions that Go knows say; lists are empty where they say nothing. */
export interface CertificateFacts {
  readonly keyUsage: number
  readonly basicConstraints: { readonly isCa: boolean; readonly maxPathLength: bigint } | undefined
  readonly names: AlternativeNames
  readonly permitted: NameSubtrees
  readonly excluded: NameSubtrees
  readonly constraintsCritical: boolean
  readonly extKeyUsages: readonly number[]
  readonly unknownExtKeyUsages: readonly string[]
  readonly subjectKeyId: Buffer | undefined
  readonly authorityKeyId: Buffer | undefined
  readonly ocspServers: readonly string[]
  readonly issuingUrls: readonly string[]
  readonly crlPoints: readonly string[]
  /** OIDs as text; undefined without the extension. */
  readonly policies: readonly string[] | undefined
  readonly policyMappings: readonly { readonly issuer: Buffer; readonly subject: Buffer }[]
  readonly inhibitAnyPolicy: CountWithZero
  readonly inhibitPolicyMapping: CountWithZero
  readonly requireExplicitPolicy: CountWithZero
  /** Critical extensions that are not understood. */
  readonly unhandled: readonly string[]
}

/** A certificate as Go's crypto/x509 reads it. */
export interface Certificate {
  readonly raw: Buffer
  readonly tbs: Buffer
  readonly spki: Buffer
  readonly rawSubject: Buffer
  readonly rawIssuer: Buffer
  readonly signature: Buffer
  /** Go's number of the signature algorithm, 0 if unknown. */
  readonly signatureAlgorithm: number
  /** Go's number of the key's algorithm, 0 if unknown, and then there is no key. */
  readonly publicKeyAlgorithm: number
  readonly publicKey: PublicKey | undefined
  readonly version: number
  readonly serialNumber: bigint
  readonly issuer: readonly NameAttribute[]
  readonly subject: readonly NameAttribute[]
  readonly notBefore: CertificateTime
  readonly notAfter: CertificateTime
  readonly extensions: readonly CertificateExtension[]
  readonly facts: CertificateFacts
}
