import type { Digest } from './digest.ts'
import type { JsonObject } from './json.ts'
import type { Jwt } from './jwt.ts'
import type { SigV4 } from './signed-request.ts'

/**
 * A name that a certificate can be known by (RFC 8705 §2.1.2), in the one form in which two of them are compared as
 * texts: `identity/certificate-names.ts` makes it.
 */
export interface CertificateName {
  readonly by: 'subject' | 'san_dns' | 'san_uri' | 'san_ip' | 'san_email'
  readonly value: string
}

/** A credential as extracted from evidence: unverified. `scheme` is the HTTP scheme or field it came under, lower-case. */
export type Credential =
  | JwtCredential
  | MacCredential
  | KeyCredential
  | CertificateCredential
  | SignedRequestCredential
  | DocumentCredential

/**
 * A token taken apart. Either `signature` is there, as it was read from `text`, or `goodUnder`: the key under which the
 * signature of this very text was found good before.
 */
export interface JwtCredential {
  readonly form: 'jwt'
  readonly scheme: 'bearer' | 'dpop' | 'wit' | 'client-assertion'
  readonly text: string
  readonly jwt: Jwt
  readonly signature?: Buffer
  readonly goodUnder?: string
}

/**
 * A token with a message authentication code (RFC 7518 §3.2), which whoever can check it could have made. A form of its own,
 * so that nothing that checks signatures ever gets one.
 */
export interface MacCredential {
  readonly form: 'mac'
  readonly scheme: 'bearer' | 'dpop'
  readonly text: string
  readonly header: Jwt['header']
  readonly claims: JsonObject
  readonly signingInput: string
  readonly signature: Buffer
}

/**
 * A text that says nothing by itself: an opaque token, an API key, or a client's id and secret, as `basic` sends them or as
 * the `form` of a request body.
 */
export interface KeyCredential {
  readonly form: 'key'
  readonly scheme: 'bearer' | 'dpop' | 'api-key' | 'basic' | 'form'
  readonly text: string
}

/**
 * The certificates of a TLS client, as the enforcement point saw them in the handshake and vouches for them.
 *
 * - `chain`: DER, the leaf first; each can be read.
 * - `uris` and `names` are of the leaf, to choose a verifier by: its URIs as they stand, and all its names, each once.
 * - `digest`: of the whole chain. `thumbprint`: of the leaf, as `x5t#S256` carries it (RFC 8705 §3.1).
 */
export interface CertificateCredential {
  readonly form: 'certificate'
  readonly scheme: 'tls'
  readonly chain: readonly [Uint8Array, ...Uint8Array[]]
  readonly uris: readonly string[]
  readonly names: readonly CertificateName[]
  readonly digest: Digest
  readonly thumbprint: string
}

/** A signature over the very request, by a key that it names. `text`: the header or the query that it stands in. */
export interface SignedRequestCredential {
  readonly form: 'signed-request'
  readonly scheme: 'aws4'
  readonly text: string
  readonly signature: SigV4
}

/** What a platform signed about the machine that the caller is on, as the platform gives it out: PKCS #7 in base64. */
export interface DocumentCredential {
  readonly form: 'document'
  readonly scheme: (typeof documentSchemes)[number]
  readonly text: string
}

/** Kinds of signed documents, as they are called where they are presented. */
export const documentSchemes = ['aws-instance', 'azure-attested'] as const

/** A proof as extracted from evidence: unverified. `input`: the `Signature-Input` that a `Signature` goes with. */
export interface PresentedProof {
  readonly kind: string
  readonly text: string
  readonly input?: string
}
