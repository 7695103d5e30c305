import { z } from 'zod'
import { parseOciReference } from '../../core/oci-reference.ts'
import { fileReference, httpsUrl, name, path } from './reference.ts'
import { rollout } from './rollout.ts'
import { origin } from './services.ts'

const seconds = (from: number, to: number) => z.int().min(from).max(to)

/** Of every server that bundles come from: how often it is asked, what it may cost, and how both sides know each other. */
const remote = {
  every_s: seconds(1, 86_400).default(60),
  timeout_s: seconds(1, 600).default(30),
  maximum_bytes: z.int().min(1_024).max(67_108_864).default(67_108_864),
  /** Authorities in PEM, in place of those that come with Node. */
  ca: fileReference.optional(),
  /** Shown to a server that asks for one; both in PEM. Files of credentials are read anew each time. */
  client_certificate: z.strictObject({ cert: fileReference, key: fileReference }).optional(),
  bearer: fileReference.optional(),
}

/**
 * OPA's protocol for bundles: conditional requests; `wait_s`: how long the server may hold one until there is something
 * new. `oauth2`: a token of the client credentials grant (RFC 6749 §4.4).
 */
const http = z
  .strictObject({
    url: httpsUrl,
    wait_s: seconds(1, 600).optional(),
    ...remote,
    oauth2: z
      .strictObject({
        token_url: httpsUrl,
        client_id: z.string().min(1).max(256),
        client_secret: fileReference,
        scope: z
          .string()
          .regex(/^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/)
          .optional(),
      })
      .optional(),
  })
  .refine(({ bearer, oauth2 }) => bearer === undefined || oauth2 === undefined, {
    path: ['oauth2'],
    message: 'must be absent with bearer: one of them',
  })

/**
 * An OCI registry: `image` by tag, or pinned by digest. `auth_origin`: where it sends for tokens, if not to itself;
 * `blob_origins`: where it sends for blobs. `plain_http` is for a registry on loopback.
 */
const oci = z
  .strictObject({
    image: z
      .string()
      .refine(
        (text) => parseOciReference(text) !== undefined,
        'must be an image with its registry and a tag or digest, such as registry.example.org/policies/orders:stable',
      ),
    ...remote,
    username: z
      .string()
      .regex(/^[\x21-\x39\x3b-\x7e]{1,256}$/)
      .optional(),
    password: fileReference.optional(),
    auth_origin: origin.optional(),
    blob_origins: z.array(origin).max(8).default([]),
    plain_http: z.boolean().default(false),
  })
  .refine(({ username, password }) => (username === undefined) === (password === undefined), {
    path: ['password'],
    message: 'must be there with username, and only then',
  })
  .refine(({ bearer, username }) => bearer === undefined || username === undefined, {
    path: ['username'],
    message: 'must be absent with bearer: one of them',
  })
  .refine(({ image, plain_http }) => !plain_http || /^(?:localhost|127\.0\.0\.1)(?::|\/)/.test(image), {
    path: ['plain_http'],
    message: 'must be absent: plain http is for loopback alone',
  })

/**
 * `bundles`: what decides: of a `file` or a server. `signer` is the PEM public key of whoever must have signed it, or a
 * list of them, of whom `threshold` must have; `unsigned: true` says that none need have, so that whoever can write the
 * file decides everything. `audience` is the name by which signers mean this decision point, such as `production`.
 */
export const bundles = z.record(
  name,
  z.strictObject({
    file: path.optional(),
    http: http.optional(),
    oci: oci.optional(),
    signer: z.union([fileReference, z.array(fileReference).min(1).max(16)]).optional(),
    threshold: z.int().min(1).max(16).optional(),
    audience: name.optional(),
    unsigned: z.literal(true).optional(),
    rollout: rollout.optional(),
  }),
)
