import type { Certificate } from './certificate.ts'
import type { Signed } from './verify-signature.ts'

/**
 * Signed data with its content and one signer (RFC 5652 §5.1, PKCS #7), as it was read; nothing in it is checked but its
 * form and, where the signer signed attributes, that they are about this very content.
 *
 * - `content`: what was signed. Read nothing about the signer's subject from anywhere else.
 * - `certificates`: the bag, in DER and in any order; anybody can add to it.
 * - `signature`: what the signer's key must be good for: see `verifySignature`.
 */
export interface SignedData {
  readonly content: Buffer
  readonly certificates: readonly Buffer[]
  readonly signer: SignerName
  readonly signature: Signed
}

/** Who signed, by the signer's own word (RFC 5652 §5.3). It says which certificate to look at, and nothing more. */
export type SignerName =
  | { readonly by: 'issuer-and-serial'; readonly issuer: string; readonly serial: bigint }
  | { readonly by: 'key-id'; readonly keyId: Buffer }

/** Whether a certificate is the one that the signer names. */
export function isOfSigner(certificate: Certificate, signer: SignerName): boolean {
  if (signer.by === 'issuer-and-serial') {
    return certificate.issuer.key === signer.issuer && certificate.serial === signer.serial
  }
  return certificate.extensions.subjectKeyId?.keyId.equals(signer.keyId) === true
}
