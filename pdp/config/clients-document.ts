import { z } from 'zod'
import { readIpRange } from '../core/ip-address.ts'
import { problemsOf } from './config-problem.ts'
import { readYaml } from './read-yaml.ts'
import { name, time } from './sections/reference.ts'

/** Of 256 bits in hexadecimal digits. */
const digest = z.string().regex(/^hmac-sha256:[0-9a-f]{64}$/, 'must be the digest that `sallyport keys create` made')

const sealed = z
  .string()
  .regex(/^aes-256-gcm:[A-Za-z0-9_-]{40,1024}$/, 'must be the sealed secret that `sallyport keys create` made')

/** `scrypt:<log2 of N>:<r>:<p>:<salt>:<hash>`, base64url. */
const scrypt = z
  .string()
  .regex(
    /^scrypt:1[4-7]:8:[1-4]:[A-Za-z0-9_-]{22}:[A-Za-z0-9_-]{43}$/,
    'must be the hash that `sallyport keys create --secret-from` made',
  )

const publicKey = z
  .string()
  .max(8_192)
  .regex(/^-----BEGIN PUBLIC KEY-----\n[^-]+-----END PUBLIC KEY-----\n?$/, 'must be a public key in PEM')

const common = {
  id: z.string().regex(/^[A-Za-z0-9._-]{1,128}$/, 'must be up to 128 letters, digits and . _ -'),
  status: z.enum(['active', 'revoked']).default('active'),
  created_at: time,
  not_before: time.optional(),
}
const ends = { expires_at: time }
const mayEnd = { expires_at: time.optional() }

/** One credential. Those that are sent, or that a secret of ours checks, end: a secret that never does is a leak to come. */
const key = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('api-key'), ...common, ...ends, digest }),
  z.strictObject({ method: z.literal('hmac-token'), ...common, ...ends, sealed }),
  z.strictObject({ method: z.literal('client-secret'), ...common, ...ends, digest: z.union([digest, scrypt]) }),
  z.strictObject({ method: z.literal('aws-sigv4'), ...common, ...ends, sealed }),
  z.strictObject({
    method: z.literal('key-pair-jwt'),
    ...common,
    ...mayEnd,
    public_key: publicKey,
    /** `ACCOUNT.USER`, as its tokens say it. */
    name: z.string().regex(/^[A-Z0-9_-]{1,255}\.[A-Z0-9_.-]{1,255}$/, 'must be ACCOUNT.USER in upper case'),
    time_unit: z.enum(['s', 'ms']).default('s'),
  }),
  z.strictObject({ method: z.literal('private-key-jwt'), ...common, ...mayEnd, public_key: publicKey }),
])

const range = z
  .string()
  .refine(
    (text) => readIpRange(text) !== undefined,
    'must be a range such as 10.20.0.0/16, without bits beyond its length',
  )

const client = z
  .strictObject({
    status: z.enum(['active', 'disabled']).default('active'),
    services: z.array(name).min(1).max(64),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, 'must be a scope (RFC 6749 §3.3)'))
      .max(64)
      .default([]),
    ranges: z.array(range).max(64).default([]),
    environment: z.string().min(1).max(64).optional(),
    facts: z
      .record(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be the name of a fact'), z.string().min(1).max(256))
      .default({}),
    expires_at: time.optional(),
    /** No level of assurance above this one. */
    assurance_max: z.literal([0, 1, 2, 3, 4]).optional(),
    keys: z.array(key).max(16).default([]),
  })
  .refine(({ environment, facts }) => environment === undefined || !Object.hasOwn(facts, 'environment'), {
    path: ['facts', 'environment'],
    message: 'must not stand twice: leave one out',
  })

/** Clients by their ids. */
const document = z.strictObject({
  clients: z.record(
    z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'must be up to 128 letters, digits and . _ -'),
    client,
  ),
})

/** The registry as it is written: one document of YAML, of which JSON is a part. It holds no secret in plain text. */
export type ClientsDocument = z.output<typeof document>

export type ReadClients =
  | { readonly ok: true; readonly document: ClientsDocument }
  | { readonly ok: false; readonly message: string }

/** Reads the text of a registry. The first thing wrong with it is told, and never a value. */
export function readClientsDocument(text: string): ReadClients {
  const read = readYaml(text)
  if (!read.ok) return read
  const parsed = document.safeParse(read.value)
  if (parsed.success) return { ok: true, document: parsed.data }
  const [problem] = parsed.error.issues.map(problemOf)
  return { ok: false, message: problem ?? 'is not a registry' }
}

function problemOf(issue: z.core.$ZodIssue): string {
  const at = issue.path.map(String).join('.')
  if (issue.code === 'unrecognized_keys') return `${at}: unknown key \`${issue.keys.join('`, `')}\``
  const [problem] = problemsOf(issue)
  return `${problem?.at ?? at}: ${problem?.message ?? 'cannot be read'}`
}
