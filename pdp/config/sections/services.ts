import { z } from 'zod'
import { evidenceHeaders } from '../../core/evidence-headers.ts'
import { parseSpiffeId } from '../../core/spiffe-id.ts'
import { name } from './reference.ts'

const audience = z.string().min(1).max(512)

/** An https origin as callers write it: lower-case host, no path, no default port. */
export const origin = z
  .string()
  .regex(
    /^https:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/,
    'must be an https origin without a path, such as https://orders.example.org',
  )
  .refine((text) => !text.endsWith(':443'), 'must not name the default port')

const headerName = z
  .string()
  .regex(/^[a-z0-9!#$%&'*+.^_`|~-]{1,128}$/, 'must be the name of a header in lower case')
  .refine((name) => !evidenceHeaders.some((known) => known === name), 'carries evidence, and is covered without this')

/** How a rule of a bundle is named that is asked. */
export const entrypointPattern = /^[a-z_][a-z0-9_]*(?:\/[a-z_][a-z0-9_]*)*$/

/** What a signature may be asked to cover: derived components of a request (RFC 9421 §2.2), or headers. */
const component = z.union(
  [
    z.enum(['@method', '@target-uri', '@authority', '@scheme', '@request-target', '@path', '@query']),
    z.string().regex(/^[a-z0-9!#$%&'*+.^_`|~-]{1,128}$/),
  ],
  { error: 'must be a derived component such as @method, or the name of a header in lower case' },
)

/**
 * `http_signature`: message signatures (RFC 9421) by the key that a token holds. Only the signature with this `tag` counts.
 * `content_digest`: `enforcement_point` where that one compares it with the body itself.
 */
const httpSignature = z.strictObject({
  tag: z.string().regex(/^[\x20-\x7e]{1,128}$/, 'must be 1 to 128 printable ASCII characters'),
  components: z
    .array(component)
    .default(['@method', '@target-uri'])
    .refine(
      (names) =>
        names.includes('@method') && ['@target-uri', '@request-target', '@path'].some((path) => names.includes(path)),
      'must hold @method, and @target-uri, @request-target or @path: a signature that covers neither is good for any request',
    ),
  nonce: z.enum(['required', 'optional']).default('optional'),
  content_digest: z.enum(['compare', 'enforcement_point']).default('compare'),
})

/** `services`: what is guarded. Absent `origins` are those audiences that are bare https origins. */
export const services = z.record(
  name,
  z.strictObject({
    audiences: z.array(audience).min(1),
    origins: z.array(origin).optional(),
    policy: name.optional(),
    entrypoint: z.string().regex(entrypointPattern).optional(),
    environment: z.string().min(1).max(64).optional(),
    /** `policy`: nobody looks who calls but policy itself; with `dialect: opa-envoy` alone. */
    identity: z.enum(['required', 'optional', 'policy']).default('required'),
    /** `opa-envoy`: inputs and results of policy are those of OPA's plugin for Envoy; asked over `listen.ext_authz` alone. */
    dialect: z.enum(['native', 'opa-envoy']).default('native'),
    /** In that dialect policy sees headers that carry credentials, too; then no answer is reused and no input kept. */
    expose_credentials: z.boolean().default(false),
    obligations: z.array(z.string().min(1).max(64)).default([]),
    /**
     * `isolated`: on threads of its own, where an evaluation can be stopped; the whole bundle is, once one of its services
     * says so. It is the default where an enforcement point of this service may ask over ext_authz and does not say
     * `failure_mode_allow: false`: there a stalled reply lets the request pass.
     */
    evaluate: z.enum(['inline', 'isolated']).optional(),
    /**
     * Nonces in DPoP proofs (RFC 9449 §9), against proofs made in advance. `off` by default: a nonce travels in a header of
     * the answer, and not every enforcement point passes on headers of an allow. `offered` is the step before `required`.
     */
    dpop_nonce: z.enum(['off', 'offered', 'required']).default('off'),
    http_signature: httpSignature.optional(),
    /** Headers that a signature may cover or a proof may name; they are used for nothing else. */
    covered_headers: z.array(headerName).max(32).default([]),
    reuse_max_s: z.int().min(0).max(300).default(0),
    /** How long ago the issuer of a caller's credential may have vouched for it. */
    max_attestation_age_s: z.int().min(1).max(31_536_000).optional(),
    /** The lowest level of assurance that policy is asked about at all. */
    minimum_assurance: z.literal([1, 2, 3, 4]).optional(),
    /**
     * Proxies (`listen.ext_authz`, `listen.http_authz`) let every request of this service pass, without identity headers;
     * what would have been answered is in the audit log. For trying out.
     */
    dry_run: z.boolean().default(false),
    peps: z.array(name).min(1),
  }),
)

const spiffeId = z
  .string()
  .refine((text) => parseSpiffeId(text).ok, 'must be a SPIFFE ID such as spiffe://prod.example/ns/shop/sa/gateway')

const vouch = z.strictObject({
  peer_certificate: z.boolean().default(false),
  xfcc_from: z.array(spiffeId).default([]),
  client_cert_from: z.array(spiffeId).default([]),
  /** The address that it says its caller has is true: that of the connection, and nothing out of a header. */
  source_address: z.boolean().default(false),
})

/** The ways an enforcement point may authenticate; each has exactly one. */
export const authentications = ['spiffe_id', 'cert_sha256', 'bearer', 'socket', 'embedded', 'none'] as const

/**
 * `peps`: who may ask. `bearer` is a file of digests that `sallyport pep add` makes; `socket` is a key of `listen`; `embedded`
 * is the process that the decision point is part of.
 */
export const peps = z.record(
  name,
  z.strictObject({
    spiffe_id: spiffeId.optional(),
    cert_sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of the certificate, 64 of 0-9 and a-f')
      .optional(),
    bearer: z
      .string()
      .regex(
        /^file:[^\0]+$/,
        'must be file:PATH of the file that `sallyport pep add` made; a key never stands in the configuration',
      )
      .optional(),
    socket: z.string().min(1).optional(),
    embedded: z.literal(true, { error: 'must be true, or absent' }).optional(),
    none: z.literal(true, { error: 'must be true, or absent' }).optional(),
    vouch: vouch.optional(),
    /** What the proxy does where no answer comes. Absent: the worse is assumed of one that asks over ext_authz. */
    failure_mode_allow: z.boolean().optional(),
  }),
)
