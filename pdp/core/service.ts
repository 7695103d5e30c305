import type { Assurance } from './caller.ts'
import type { Digest } from './digest.ts'
import type { GrpcMethods } from './protobuf/grpc-methods.ts'
import type { Result } from './result.ts'
import type { SpiffeId } from './spiffe-id.ts'
import type { Seconds } from './time.ts'

/** What is guarded. Audiences and origins are the service's own: evidence meant for another service is refused here. */
export interface Service {
  readonly name: string
  readonly audiences: readonly string[]
  /** External https origins without a trailing slash, as callers address the service; `htu` is compared with them. */
  readonly origins: readonly string[]
  /** The bundle that decides. */
  readonly policy: string
  /** Entrypoint of that bundle, such as `orders/decision`. */
  readonly entrypoint: string
  readonly environment?: string
  /**
   * `required`: no evidence is a deny. `optional`: no evidence at all reaches policy as anonymous. `policy`: evidence is
   * not looked at, and whoever asks is anonymous; only with a dialect in which policy alone judges.
   */
  readonly identity: 'required' | 'optional' | 'policy'
  /** In which its policy is written; absent: ours. */
  readonly dialect?: OpaEnvoyDialect
  /** Obligation types the enforcement points of this service can perform. */
  readonly obligations: readonly string[]
  readonly reuseMax: Seconds
  /**
   * Nonces in DPoP proofs (RFC 9449 §9): `offered` with every answer to a proof and checked where one has a nonce, or
   * `required`. Absent: neither.
   */
  readonly dpopNonce?: 'offered' | 'required'
  /** How long ago the issuers of a caller's credentials may have vouched for it. */
  readonly maxAttestationAge?: Seconds
  /** The lowest level of assurance that policy is asked about at all. */
  readonly minimumAssurance?: Assurance['level']
  /** Proxies let every request pass, as if nobody had asked; decisions are made and recorded all the same. */
  readonly dryRun?: true
  /** Headers, in lower case, that policy may set on requests; a proxy removes those that it does not set. */
  readonly policyHeaders?: readonly string[]
  /** How requests are signed with the key that a token holds; absent: they are not. */
  readonly httpSignature?: SignatureRules
  /** Headers, in lower case, that a signature may cover or a proof may name, beside those that everyone sees. */
  readonly coveredHeaders?: readonly string[]
}

/**
 * The dialect of OPA-Envoy: input and result are those of that plugin, and doors that have no check to make such an input
 * of cannot ask for the service.
 *
 * - `exposeCredentials`: headers that carry credentials are in the input; then no answer is reused and no input kept.
 * - `parseBody`: whether the input has `parsed_body` and `truncated_body`.
 * - `methods`: the gRPC methods whose requests can be read.
 */
export interface OpaEnvoyDialect {
  readonly name: 'opa-envoy'
  readonly exposeCredentials: boolean
  readonly parseBody: boolean
  readonly methods?: GrpcMethods
}

/**
 * What is asked of a message signature (RFC 9421 §3.2).
 *
 * - `tag`: of the one signature that counts.
 * - `components`: what it must cover; a header where the request has it.
 * - `contentDigest`: who compares `Content-Digest` with the body: this process, with the digest that the enforcement point
 *   sends, or the enforcement point itself.
 */
export interface SignatureRules {
  readonly tag: string
  readonly components: readonly string[]
  readonly nonce: 'required' | 'optional'
  readonly contentDigest: 'compare' | 'enforcement-point'
}

/** A policy enforcement point: who may ask, how it proves that it is who it says, and what it may vouch for. */
export interface Pep {
  readonly name: string
  readonly services: ReadonlySet<string>
  readonly authentication: PepAuthentication
  readonly vouch: Vouch
  /** Where the connection of an ask comes from; none over a Unix socket, nor before there is one. For the record alone. */
  readonly address?: string
}

/**
 * What an enforcement point may vouch for. `peerCertificate`: the certificate of whoever is connected to it. Where that
 * peer is a proxy of `xfccFrom` or `clientCertFrom`, the caller's own certificate stands in the header that the proxy
 * sent, `X-Forwarded-Client-Cert` or `Client-Cert`; absent, no proxy is. `sourceAddress`: the address it says its caller
 * has; absent, what it says does not count.
 */
export interface Vouch {
  readonly peerCertificate: boolean
  readonly xfccFrom?: ReadonlySet<SpiffeId>
  readonly clientCertFrom?: ReadonlySet<SpiffeId>
  readonly sourceAddress?: true
}

/**
 * How an enforcement point authenticates.
 *
 * - `bearer`: SHA-256 of each key it may present; the keys themselves are not known here.
 * - `certificate`: SHA-256 of the DER of its TLS client certificate, lower-case hexadecimal.
 * - `spiffe`: the SPIFFE ID in its TLS client certificate.
 * - `socket`: whoever reaches the Unix socket of that listener. `embedded`: the process that decides in itself. `none`:
 *   anyone; such a one never vouches.
 */
export type PepAuthentication =
  | { readonly kind: 'bearer'; readonly digests: readonly Digest[] }
  | { readonly kind: 'certificate'; readonly sha256: Digest }
  | { readonly kind: 'spiffe'; readonly id: SpiffeId }
  | { readonly kind: 'socket'; readonly listener: string }
  | { readonly kind: 'embedded' }
  | { readonly kind: 'none' }

/**
 * What the TLS client certificate of an enforcement point proved: that it is the one of this SHA-256, which is
 * configured, or that its holder has this SPIFFE ID.
 */
export type PepCertificate = { readonly sha256: Digest } | { readonly spiffeId: SpiffeId }

/** Judges the chain of a TLS client that wants to be an enforcement point: DER, leaf first. Asked again for every ask. */
export type VerifyPepCertificate = (chain: readonly [Uint8Array, ...Uint8Array[]]) => Promise<Result<PepCertificate>>
