import type { Value } from '../value.ts'
import type { AlternativeNames, CertificateExtension } from './certificate.ts'
import type { PublicKey } from './public-key.ts'

/** An attribute whose value may be of any type, null where Go does not know it; `isText` where it is a string to Go. */
export interface LooseAttribute {
  readonly type: string
  readonly value: Value
  readonly isText: boolean
}

/** A certificate signing request (RFC 2986) as Go's crypto/x509 reads it. */
export interface CertificateRequest {
  readonly raw: Buffer
  readonly tbs: Buffer
  readonly spki: Buffer
  readonly rawSubject: Buffer
  readonly version: bigint
  readonly signature: Buffer
  readonly signatureAlgorithm: number
  readonly publicKeyAlgorithm: number
  readonly publicKey: PublicKey | undefined
  readonly subject: readonly LooseAttribute[]
  /** Those whose values are lists of attributes. */
  readonly attributes: readonly { readonly type: string; readonly value: readonly (readonly LooseAttribute[])[] }[]
  readonly extensions: readonly CertificateExtension[]
  readonly names: AlternativeNames
}
