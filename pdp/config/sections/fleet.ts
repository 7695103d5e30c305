import { z } from 'zod'
import { fileReference, secretReference, urlOf } from './reference.ts'

const redisUrl = urlOf(/^rediss?$/).refine((text) => {
  if (!URL.canParse(text)) return true // told already
  const { hostname, pathname, search, hash } = new URL(text)
  return hostname !== '' && /^\/?\d{0,4}$/.test(pathname) && search === '' && hash === ''
}, 'must be rediss://HOST:PORT, with the number of a database behind it if need be')

/** One of them, or a list: read as a list. What is published of it says both (`oneOrMore`). */
const some = <T extends z.ZodType>(one: T, most: number) =>
  z
    .preprocess((given) => (typeof given === 'string' ? [given] : given), z.array(one).min(1).max(most))
    .meta({ oneOrMore: true })

/**
 * `fleet`: what several instances share.
 *
 * - `redis`: one server; several URLs are of sentinels (with `sentinel`) or of nodes of a cluster (with `cluster`).
 * - `username`, `password`: of Redis' access control lists. `tls`: authorities and our certificate, where it is not
 *   those that Node knows and none; `off` says that something else keeps a plain connection private.
 * - `secret`: what keys are derived from, 32 characters at least; a second one is the secret before it, which is still
 *   understood.
 */
export const fleet = z.strictObject({
  redis: some(redisUrl, 16),
  sentinel: z
    .strictObject({
      name: z.string().min(1).max(128),
      username: z.string().min(1).max(128).optional(),
      password: secretReference.optional(),
    })
    .optional(),
  cluster: z.literal(true).optional(),
  username: z.string().min(1).max(128).optional(),
  password: secretReference.optional(),
  tls: z
    .union([
      z.literal('off'),
      z.strictObject({
        ca: fileReference.optional(),
        cert: fileReference.optional(),
        key: secretReference.optional(),
      }),
    ])
    .optional(),
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9:._-]{1,64}$/, 'must be 1 to 64 of letters, digits and : . _ -')
    .default('sallyport:'),
  /** How long one command may take; what is not answered by then is done without. */
  timeout_ms: z.int().min(1).max(10).default(10),
  /** Whether answers of policy are shared: where reading one costs less than evaluating it, always, or never. */
  l2: z.enum(['auto', 'always', 'never']).default('auto'),
  secret: some(secretReference, 2),
})

/** `revocation`: what an instance does that may lack a revocation: where what it knows was not confirmed for `stale_after_s`. */
export const revocation = z.strictObject({
  stale: z.enum(['deny', 'allow']).default('deny'),
  stale_after_s: z.int().min(2).max(3_600).default(5),
})

/** `workers`: equal instances on one port; more than one need `fleet`. */
export const workers = z.int().min(1).max(256).default(1)
