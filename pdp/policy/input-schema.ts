import { z } from 'zod'
import type { JsonObject } from '../core/json.ts'
import type { PolicyInput } from '../core/policy-input.ts'

// The document that policy sees (DESIGN of the input: core/policy-input.ts). Published for authors and for tests of
// policies; a decision's own input is made from values that were parsed before.

const text = z.string()
const texts = z.array(text).readonly()
const object: z.ZodType<JsonObject> = z.record(text, z.json())
const facts = z.record(text, text).readonly()
const lists = z.record(text, texts).readonly()
const wholeSeconds = z.int().nonnegative()

const assurance = z
  .strictObject({
    level: z.literal([0, 1, 2, 3, 4]),
    possession: z.enum(['none', 'request', 'channel', 'hardware']),
    audience_bound: z.boolean(),
    single_use: z.boolean(),
    attested: z.boolean(),
    lifetime_s: wholeSeconds,
    age_s: wholeSeconds,
  })
  .readonly()

const subject = z
  .strictObject({
    id: text,
    issuer: text,
    trust_domain: text.exactOptional(),
    path: text.exactOptional(),
    methods: texts,
    assurance,
  })
  .readonly()

const verified = z
  .strictObject({
    method: text,
    issuer: text,
    claims: object,
    expires_at: text,
    attested_at: text.exactOptional(),
    key_thumbprint: text.exactOptional(),
    via: text.exactOptional(),
  })
  .readonly()

const delegate = z.strictObject({ issuer: text, id: text, claims: object.exactOptional() }).readonly()

const request = z
  .strictObject({
    method: text,
    scheme: text,
    host: text,
    raw_path: text,
    path: text,
    path_segments: texts,
    query: lists,
    headers: lists,
  })
  .readonly()

/** The policy input as a document. `time.now_ns` is a number there, with more digits than a double can hold. */
export const policyInputSchema = z
  .strictObject({
    service: z.strictObject({ name: text, environment: text.exactOptional() }).readonly(),
    pep: z.strictObject({ name: text }).readonly(),
    subject: subject.exactOptional(),
    attested: facts,
    attested_sources: facts,
    verified: z.array(verified).readonly(),
    delegation: z.array(delegate).readonly(),
    action: object.exactOptional(),
    resource: object.exactOptional(),
    context: object,
    request: request.exactOptional(),
    time: z.strictObject({ now_ns: z.number().nonnegative().meta({ type: 'integer' }) }).readonly(),
  })
  .readonly()

/** The schema as JSON Schema (draft 2020-12), for editors and for schema checks of policies. */
export const policyInputJsonSchema = (): z.core.JSONSchema.JSONSchema =>
  z.toJSONSchema(policyInputSchema, {
    override({ jsonSchema }) {
      delete jsonSchema.readOnly // it says that these types are immutable here, nothing about the document
    },
  })

/** A policy input as its document: the time is a number there. */
type Document = Omit<PolicyInput, 'time'> & { readonly time: { readonly now_ns: number } }

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false

/** Does not compile unless the schema and core's type say the same. */
export const schemaMatchesType: Same<z.output<typeof policyInputSchema>, Document> = true
