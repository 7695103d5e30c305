import { z } from 'zod'
import { codeNames } from './code-names.ts'
import { eventFacts } from './event-schema.ts'

const text = z.string()
const texts = z.record(z.string(), z.string())
const whole = z.int().nonnegative()
// how long and how old come from what an issuer wrote; JSON has no infinity
const measure = z.number().nullable()
const code = z.enum(codeNames)

const headOf = <Kind extends string>(kind: Kind) => ({
  v: z.literal(1),
  kind: z.literal(kind),
  seq: whole,
  id: z.uuid({ version: 'v7' }),
  ts: z.iso.datetime({ precision: 3 }),
})

const tail = {
  demo: z.literal(true).optional(),
  masked: z.literal(true).optional(),
  trunc: z.array(text).min(1).optional(),
  whole: z.strictObject({ bytes: whole, sha256: text }).optional(),
  erased: z.array(text).min(1).optional(),
  replaced: z.array(text).min(1).optional(),
  commit: z.record(text, text).optional(),
  dropped: z.literal(true).optional(),
  mask_failed: z.literal(true).optional(),
}

// rules of operators may take out any member of these parts
const maskable = <Shape extends z.core.$ZodLooseShape>(shape: Shape) => z.strictObject(shape).partial()

const subject = maskable({
  issuer: text,
  id: text,
  methods: z.array(text),
  assurance: maskable({
    level: z.int().min(0).max(4),
    possession: z.enum(['none', 'request', 'channel', 'hardware']),
    audience_bound: z.boolean(),
    single_use: z.boolean(),
    attested: z.boolean(),
    lifetime_s: measure,
    age_s: measure,
  }),
  credentials: z.array(
    maskable({
      method: text,
      issuer: text,
      expires_at: text,
      key_thumbprint: text.optional(),
      via: text.optional(),
      jti_sha256: text.optional(),
      kid_sha256: text.optional(),
      trust_age_s: whole.optional(),
      claims: z.record(z.string(), z.json()).nullable().optional(),
    }),
  ),
})

const question = z.strictObject({
  code,
  clause: text,
  action: text.optional(),
  resource: z.strictObject({ type: text.optional(), id: text.optional() }).optional(),
  reasons: z.array(maskable({ code: text, message: text })).optional(),
  obligations: z
    .array(z.strictObject({ id: text, type: text, properties: z.record(z.string(), z.json()).nullable() }))
    .optional(),
  cache: z.enum(['hit-l1', 'hit-l2', 'miss', 'bypass']).optional(),
  filled_by: text.optional(),
  input_sha256: text.optional(),
})

const decision = z.strictObject({
  ...headOf('decision'),
  door: text,
  pep: text,
  pep_auth: maskable({
    kind: z.enum(['bearer', 'certificate', 'spiffe', 'socket', 'embedded', 'none']),
    id: text.optional(),
    address: text.optional(),
  }).optional(),
  trace: maskable({ id: text, parent: text, sampled: z.literal(true).optional() }).optional(),
  ask_id: text.optional(),
  service: text,
  dialect: z.literal('opa-envoy').optional(),
  authn: z.literal('none').optional(),
  credentials_exposed: z.literal(true).optional(),
  effect: z.enum(['allow', 'deny']),
  code,
  clause: text,
  detail: text,
  error: z.literal(true).optional(),
  subject: subject.optional(),
  attested: texts.optional(),
  delegation: z.array(maskable({ issuer: text, id: text })).optional(),
  questions: z.array(question),
  request: maskable({ method: text, host: text, path: text }).optional(),
  policy: z.strictObject({ bundle: text, revision: text, digest: text }).optional(),
  builtins: z.array(maskable({ name: text, operands: z.array(text), answer: text.optional() })).optional(),
  dry_run: z.literal(true).optional(),
  payload_sha256: text.optional(),
  degraded: z.array(z.enum(['redis', 'revocation', 'disk', 'tree', 'trust'])).optional(),
  us: z
    .strictObject({ began: whole.optional(), identity: whole.optional(), policy: whole.optional(), total: whole })
    .optional(),
  ...tail,
})

const event = <Kind extends keyof typeof eventFacts>(kind: Kind) =>
  z.strictObject({ ...headOf(kind), facts: eventFacts[kind], ...tail })

/**
 * The form of a line of the log, version 1. Members stand in the order that they have here.
 * `seq` counts lines from 0; `ts` is UTC with milliseconds; `masked` and `trunc` stand in lines that were (`whole`: how much
 * stood after the number before it was cut, and its digest),
 * `dry_run` in those of decisions that the enforcement point did not act on, `demo` in those of a demonstration.
 */
export const lineSchema = z.discriminatedUnion('kind', [
  decision,
  event('start'),
  event('stop'),
  event('bundle'),
  event('config'),
  event('key'),
  event('revocation'),
  event('admin'),
  event('gap'),
  event('aggregate'),
])
