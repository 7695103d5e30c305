import { z } from 'zod'
import { genericProfileNames, profileNames } from '../../core/profile-names.ts'
import { parseSpiffeId } from '../../core/spiffe-id.ts'
import { fileReference, name, urlOf } from './reference.ts'

const environment = z.string().min(1).max(64)

/** Segments of a SPIFFE path; `{name}` captures a fact: `/ns/{namespace}/sa/{service_account}`. */
const pathTemplate = z
  .string()
  .regex(
    /^(?:\/(?:[A-Za-z0-9._-]+|\{[a-z][a-z0-9_]*\}))+$/,
    'must be a path such as /ns/{namespace}/sa/{service_account}',
  )

/**
 * What helps to build and judge paths of certificates, and is trusted for nothing: `intermediates` is a PEM file of
 * certificates that callers or their proxies leave out, each of `crls` a PEM file of lists of revoked ones.
 */
const pathAids = { intermediates: fileReference.optional(), crls: z.array(fileReference).max(20).default([]) }

/**
 * How a bundle endpoint shows who it is (SPIFFE Federation §5.2): by a certificate of its host name, of `ca` where that is
 * given; or by an X.509-SVID of `id`, known at first by the bundle that the file `bootstrap` has.
 */
const endpoint = z.discriminatedUnion('profile', [
  z.strictObject({ profile: z.literal('https_web'), ca: fileReference.optional() }),
  z.strictObject({
    profile: z.literal('https_spiffe'),
    id: z
      .string()
      .refine((text) => parseSpiffeId(text).ok, 'must be a SPIFFE ID such as spiffe://partner.example/bundle-endpoint'),
    bootstrap: fileReference,
  }),
])

const spiffe = z
  .strictObject({
    spiffe: z.string().regex(/^[a-z0-9._-]{1,255}$/, 'must be the name of a trust domain, without spiffe://'),
    /** Of a bundle in a file, of the Workload API on a socket, or of a bundle endpoint. */
    from: z
      .string()
      .regex(
        /^(?:file:[^\0]+|unix:[^\0]+|https:\/\/.+)$/,
        'must be file:PATH of a SPIFFE bundle, unix:PATH of a Workload API, or an https URL',
      )
      .refine(
        (text) => !text.startsWith('https:') || urlOf(/^https$/).safeParse(text).success,
        'must be a URL without a user name or password',
      ),
    endpoint: endpoint.prefault({ profile: 'https_web' }),
    environment: environment.optional(),
    path: pathTemplate.optional(),
    ...pathAids,
    max_lifetime_s: z.int().min(60).max(86_400).default(3_600),
    /** How long a bundle serves after it was last known right; absent: a day, and of a file for ever. */
    max_stale_s: z.int().min(60).max(604_800).optional(),
    /** Address ranges that are refused by default (loopback, private, link-local) but hold this endpoint. */
    allow_private: z.boolean().default(false),
    /** Workload identity tokens with their proofs (WIT-SVID and WIMSE: drafts that may change) are accepted too. */
    wit: z.boolean().default(false),
  })
  .refine(({ from, wit }) => !from.startsWith('unix:') || !wit, {
    path: ['wit'],
    message: 'must be absent where the bundle comes from a socket: the Workload API has no keys for such tokens',
  })
  .refine(({ from, endpoint }) => from.startsWith('https:') || isDefault(endpoint), {
    path: ['endpoint'],
    message: 'must be absent where the bundle comes from a file or a socket',
  })
  .refine(({ from, allow_private }) => from.startsWith('https:') || !allow_private, {
    path: ['allow_private'],
    message: 'must be absent where the bundle comes from a file or a socket',
  })

const isDefault = (given: z.output<typeof endpoint>): boolean => given.profile === 'https_web' && given.ca === undefined

/** Facts about the caller that stand in claims: `{ namespace: k8s_namespace }`. In a token with `act`, in its actor. */
const claimFacts = z.record(
  z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be the name of a fact, such as namespace'),
  z.string().min(1).max(128),
)

/**
 * Where an issuer is asked about tokens that only it can read (RFC 7662), and as whom. `prefix`: how its opaque tokens
 * begin, where there are several such issuers. `client_key`: a private key in PEM, for private_key_jwt.
 */
const introspection = z
  .strictObject({
    endpoint: urlOf(/^https?$/),
    client_id: z.string().min(1).max(256),
    client_secret: fileReference.optional(),
    client_key: fileReference.optional(),
    client_key_id: z.string().min(1).max(256).optional(),
    prefix: z
      .string()
      .regex(/^[A-Za-z0-9._~+/-]{0,64}$/, 'must be how tokens begin: up to 64 letters, digits and - . _ ~ + /')
      .default(''),
    max_cached_s: z.int().min(0).max(60).default(30),
    concurrency: z.int().min(1).max(256).default(16),
  })
  .refine(({ client_secret, client_key }) => (client_secret === undefined) !== (client_key === undefined), {
    path: ['client_secret'],
    message: 'must be there, or client_key: one of them',
  })

/**
 * The API server that is asked about each token of a cluster (TokenReview). `token`: a service account's, which may create
 * token reviews, and with `check_pod` get pods; the file is read anew each time. `ca`: of the server's certificate.
 */
const review = z.strictObject({
  server: urlOf(/^https$/).refine(
    (text) => new URL(text).origin === text,
    'must be an origin such as https://10.0.0.1:6443',
  ),
  ca: fileReference,
  token: fileReference,
  /** The pod is looked up too: one that was deleted a moment ago is refused at once, not a minute later. */
  check_pod: z.boolean().default(false),
  max_cached_s: z.int().min(0).max(30).default(10),
  concurrency: z.int().min(1).max(256).default(16),
})

const issuer = z
  .strictObject({
    issuer: urlOf(/^https?$/),
    /** `file:PATH` of a JWKS, or the https URL of one; absent: found by discovery. */
    jwks: z
      .union([z.string().regex(/^file:[^\0]+$/), urlOf(/^https?$/)], {
        error: 'must be file:PATH or an https URL without a password',
      })
      .optional(),
    environment: environment.optional(),
    facts: claimFacts.default({}),
    /** Kinds of JWT taken from it; none, where it is asked about every token. */
    profiles: z.array(z.enum(profileNames)).default([...genericProfileNames]),
    /** Values of a platform's facts that are taken, each whole: `{ repository_owner_id: ['65'] }`. */
    pins: z
      .record(
        z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be the name of a fact, such as project_id'),
        z.array(z.string().min(1).max(256)).min(1).max(1_000),
      )
      .default({}),
    /** What a Kubernetes cluster is called: its fact `cluster`. */
    cluster: name.optional(),
    /** `false`: a token of a CI system, which is good once for each service, may be used again until it ends. */
    single_use: z.boolean().optional(),
    introspection: introspection.optional(),
    review: review.optional(),
    /** `delegation`: its tokens say for whom a caller acts, beside the caller's own credential, and never who calls. */
    role: z.enum(['subject', 'delegation']).default('subject'),
    max_lifetime_s: z.int().min(60).max(86_400).default(3_600),
    max_stale_s: z.int().min(60).max(604_800).default(86_400),
    /** Address ranges that are refused by default (loopback, private, link-local) but hold this issuer. */
    allow_private: z.boolean().default(false),
  })
  .refine(({ profiles, introspection }) => profiles.length > 0 || introspection !== undefined, {
    path: ['profiles'],
    message: 'must not be empty without introspection: no token would be taken',
  })
  .refine(({ profiles, review, introspection }) => !review || (profiles.includes('kubernetes') && !introspection), {
    path: ['review'],
    message: 'is for `profiles: [kubernetes]`, and not beside introspection',
  })
  .refine(({ role, facts }) => role === 'subject' || Object.keys(facts).length === 0, {
    path: ['facts'],
    message: 'must be absent with `role: delegation`: nothing about the caller is taken from its tokens',
  })
  .refine(({ environment, facts }) => environment === undefined || !Object.hasOwn(facts, 'environment'), {
    path: ['facts', 'environment'],
    message: 'must not be both a claim and configured: leave one out',
  })

/** The five ways to know a client's certificate (RFC 8705 §2.1.2); each client has exactly one. */
export const certificateNames = ['subject', 'san_dns', 'san_uri', 'san_ip', 'san_email'] as const

const certificateName = z.string().min(1).max(1_024).optional()

const client = z
  .strictObject({
    id: z.string().min(1).max(256),
    /** As RFC 4514 writes it: `CN=billing,O=Partner`. */
    subject: certificateName,
    san_dns: certificateName,
    san_uri: certificateName,
    san_ip: certificateName,
    san_email: certificateName,
  })
  .refine((one) => certificateNames.filter((each) => one[each] !== undefined).length === 1, {
    message: `must be known by exactly one of ${certificateNames.join(', ')}`,
  })

/** Authorities under which clients are known by their certificates; subjects are `<name>#<id>`. */
const authority = z
  .strictObject({
    ca: fileReference,
    name,
    clients: z.array(client).min(1).max(10_000),
    environment: environment.optional(),
    /** About every client here: `{ organization: partner }`. */
    facts: z
      .record(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be the name of a fact'), z.string().min(1).max(256))
      .default({}),
    ...pathAids,
  })
  .refine(({ environment, facts }) => environment === undefined || !Object.hasOwn(facts, 'environment'), {
    path: ['facts', 'environment'],
    message: 'must not stand twice: leave one out',
  })

const guid = z
  .string()
  .regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be an id such as 11111111-2222-3333-4444-555555555555')

/**
 * Authorities of the certificates that Azure signs attested documents with; callers are `<name>#<subscription>/<vm>`. Only
 * machines of `subscriptions` are taken, and of those `vms` alone where it is there.
 */
const azureAttested = z.strictObject({
  ca: fileReference,
  name,
  azure_attested: z.strictObject({
    subscriptions: z.array(guid).min(1).max(1_000),
    vms: z.array(guid).min(1).max(10_000).optional(),
    /** The domain of the signing certificate: another one in each of Azure's clouds. */
    metadata_domain: z
      .enum(['metadata.azure.com', 'metadata.azure.us', 'metadata.azure.cn'])
      .default('metadata.azure.com'),
  }),
  environment: environment.optional(),
  ...pathAids,
})

/** `trust`: whose word is taken. */
export const trust = z.array(z.union([spiffe, issuer, authority, azureAttested])).default([])

/** `links`: workloads that an issuer knows by a name of its own: `subject` and `same_as` are one caller. */
export const links = z
  .array(
    z.strictObject({
      subject: z
        .string()
        .refine(
          (text) => parseSpiffeId(text).ok,
          'must be a SPIFFE ID such as spiffe://prod.example/ns/shop/sa/checkout',
        ),
      same_as: z.strictObject({ issuer: z.string().min(1), subject: z.string().min(1).max(256) }),
    }),
  )
  .default([])
