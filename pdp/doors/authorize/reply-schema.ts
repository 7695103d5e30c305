import { z } from 'zod'

const text = z.string()
const effect = z.enum(['allow', 'deny'])
const document = z.record(text, z.unknown())
const reasons = z.array(z.strictObject({ code: text, message: text }))
const obligations = z.array(z.strictObject({ id: text, type: text, properties: document }))
const cache = z.enum(['hit-l1', 'hit-l2', 'miss', 'bypass'])

const assurance = z.strictObject({
  level: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3), z.literal(4)]),
  possession: z.enum(['none', 'request', 'channel', 'hardware']),
  audience_bound: z.boolean(),
  single_use: z.boolean(),
  attested: z.boolean(),
  lifetime_s: z.int().min(0),
  age_s: z.int().min(0),
})

/** The body of an answer to `POST /authorize`: the one source of its JSON Schema. */
export const authorizeReplySchema = z
  .strictObject({
    decision: effect,
    id: text,
    code: text,
    reasons,
    subject: z.strictObject({ id: text, methods: z.array(text), assurance }).optional(),
    attested: z.record(text, text).optional(),
    advice: z
      .array(z.strictObject({ method: text, next: z.array(text), message: text, sunset: text.optional() }))
      .optional(),
    obligations,
    reuse_max_age_s: z.int().min(0),
    policy: z.strictObject({ bundle: text, revision: text, digest: text }).optional(),
    cache: cache.optional(),
    respond: z.strictObject({ status: z.int(), headers: z.record(text, text) }),
    results: z
      .array(z.strictObject({ decision: effect, code: text, reasons, obligations, cache: cache.optional() }))
      .optional(),
    demo: z.literal(true).optional(),
  })
  .meta({ id: 'AuthorizeReply', description: 'the answer to an ask' })

/** The same, as a value; lists and objects are not written to. */
export type AuthorizeReply = ReadonlyAll<z.output<typeof authorizeReplySchema>>

export type ReadonlyAll<T> = T extends object
  ? { readonly [Name in keyof T]: ReadonlyAll<Exclude<T[Name], undefined>> }
  : T
