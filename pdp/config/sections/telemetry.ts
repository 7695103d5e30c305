import { z } from 'zod'
import { fileReference, secretReference, urlOf } from './reference.ts'

const attribute = z
  .string()
  .regex(/^[!-+\--<>-~]{1,128}$/, 'must be the name of an attribute, such as deployment.environment.name')

/** How traces are begun and gone on with; of OpenTelemetry's own list. */
export const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const

/**
 * Spans of decisions, sent to a collector as OTLP over HTTP (`http/protobuf`).
 *
 * - `enabled`: `false` keeps the section and sends nothing.
 * - `endpoint`: the whole URL, such as `http://127.0.0.1:4318/v1/traces`.
 * - `headers`: where `name=value,…` stands, for a collector that asks who sends; then https, or a loopback address.
 * - `ca`: authorities in place of those that come with Node.
 * - `ratio`: of the samplers that have one.
 * - `follow`: whose word counts of whether a trace is recorded, where the sampler asks its parent: of enforcement points in their
 *   own calls (`pep`), or also of requests that are asked about (`any`), which is to say of anyone.
 * - `batch`: spans that wait for the collector, `queue` at most; more are dropped.
 * - `subjects`: whether spans say who the caller is.
 */
const traces = z.strictObject({
  enabled: z.boolean().default(true),
  endpoint: urlOf(/^https?$/),
  headers: secretReference.optional(),
  ca: fileReference.optional(),
  timeout_ms: z.int().min(100).max(60_000).default(10_000),
  service_name: z.string().min(1).max(255).default('sallyport'),
  resource: z.record(attribute, z.string().max(1_024)).default({}),
  sampler: z.enum(samplers).default('parentbased_always_on'),
  ratio: z.number().min(0).max(1).default(1),
  follow: z.enum(['pep', 'any']).default('pep'),
  batch: z
    .strictObject({
      delay_ms: z.int().min(10).max(60_000).default(5_000),
      timeout_ms: z.int().min(100).max(60_000).default(30_000),
      queue: z.int().min(1).max(65_536).default(2_048),
      size: z.int().min(1).max(65_536).default(512),
    })
    .refine(({ queue, size }) => size <= queue, 'a batch must not be larger than the queue')
    .prefault({}),
  subjects: z.boolean().default(false),
})

/** `telemetry`: what is told to others of decisions while they are made; never needed for one. */
export const telemetry = z.strictObject({
  traces: traces.optional(),
})

/**
 * `log`: what the process tells its operator, on stderr.
 *
 * - `format`: `auto` is `text` on a terminal and `json` elsewhere.
 * - `decisions`: which have a line of their own; the audit log has all of them. `subjects`: whether it says who the caller is.
 */
export const log = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  format: z.enum(['auto', 'json', 'text']).default('auto'),
  decisions: z.enum(['none', 'denies', 'all']).default('none'),
  subjects: z.boolean().default(false),
})
