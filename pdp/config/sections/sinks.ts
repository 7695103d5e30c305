import { z } from 'zod'
import { fileReference, httpsUrl, name, path, urlOf } from './reference.ts'

const redisUrl = urlOf(/^rediss?$/)
const streamAddress = z
  .string()
  .regex(
    /^(?:tls:\/\/[^\s/:@]+:\d{1,5}|tcp:\/\/(?:127\.0\.0\.1|\[::1\]|localhost):\d{1,5})$/,
    'must be tls://HOST:PORT; tcp is for loopback alone',
  )

const every = {
  /** Members that this sink does not get: JSON pointers, `*` for any item of a list. */
  mask: z
    .array(z.string().regex(/^(?:\/[^/\0]+)+$/, 'must be a JSON pointer such as /subject/id'))
    .max(64)
    .default([]),
}
const format = z.enum(['native', 'ocsf', 'ecs', 'cef']).default('native')
const overHttp = { ...every, url: httpsUrl, bearer: fileReference.optional(), ca: fileReference.optional() }

const sink = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('stdout'), format, ...every }),
  z.strictObject({
    type: z.literal('file'),
    path,
    format,
    rotate_bytes: z.int().min(4_096).default(104_857_600),
    keep: z.int().min(1).max(1_000).default(10),
    ...every,
  }),
  z.strictObject({ type: z.literal('http'), format, ...overHttp }),
  z.strictObject({ type: z.literal('opa'), ...overHttp }),
  z.strictObject({ type: z.literal('otlp'), ...overHttp }),
  z.strictObject({
    type: z.literal('redis'),
    url: redisUrl,
    stream: z
      .string()
      .regex(/^[A-Za-z0-9:._-]{1,128}$/)
      .default('sallyport:audit'),
    keep: z.int().min(1_000).default(1_000_000),
    username: z.string().min(1).max(128).optional(),
    password: fileReference.optional(),
    ca: fileReference.optional(),
    ...every,
  }),
  z.strictObject({
    type: z.literal('syslog'),
    address: streamAddress,
    format: format.default('cef'),
    ca: fileReference.optional(),
    ...every,
  }),
  z.strictObject({
    type: z.literal('s3'),
    url: httpsUrl,
    region: z.string().regex(/^[a-z0-9-]{1,64}$/),
    prefix: z
      .string()
      .regex(/^[A-Za-z0-9/._-]{0,256}$/)
      .default(''),
    access_key_id: fileReference,
    secret_access_key: fileReference,
    ca: fileReference.optional(),
    ...every,
  }),
])

/** `audit.sinks`: who else gets the records, by a name that the place of each is kept under. */
export const sinks = z.record(name, sink)
