import { z } from 'zod'
import { evidenceHeaders } from '../../core/evidence-headers.ts'
import { reservedHeaders } from '../../core/reserved-headers.ts'
import { fileReference, name, path } from './reference.ts'
import { sinks } from './sinks.ts'

const policyHeader = z
  .string()
  .regex(/^[a-z0-9!#$%&'*+.^`|~-]{1,64}$/, 'must be the name of a header in lower case, without `_`')
  .refine((name) => !name.startsWith('x-sallyport-'), 'is reserved: Sallyport itself sets these')
  .refine((name) => !reservedHeaders.has(name), 'is never for policy to set: it frames or routes the message')
  .refine((name) => !evidenceHeaders.some((known) => known === name), 'carries evidence')

/**
 * `policy_headers`: what policies may set, on the request to the service and on the answer to its caller. A request header
 * of this list that policy does not set is removed by the proxy, so that none is ever the client's.
 */
export const policyHeaders = z.strictObject({
  request: z.array(policyHeader).max(32).default([]),
  response: z.array(policyHeader).max(32).default([]),
})

/** `state`: the one folder that is written to. */
export const state = path.default('state')

const recordedClaim = z.string().min(1).max(128)

/**
 * `audit`: where records go; absent `directory` is `audit` in the folder of `state`. `memory` is for demonstrations.
 *
 * - `segment_bytes`: how long a file of the log becomes before the next is begun.
 * - `keep`: how many days of records, or bytes of files, stay; all, where nothing is said. What goes leaves its hashes.
 * - `reserve_bytes`: room on the disk under which nothing is allowed any more, so that denials and losses can still be
 *   told; 0 turns it off.
 * - `denials_per_s`: of one enforcement point and service; more are counted in one record. 0 records each.
 */
export const audit = z.strictObject({
  mode: z.enum(['memory', 'written', 'synced']).default('written'),
  directory: path.optional(),
  segment_bytes: z.int().min(65_536).max(1_073_741_824).default(67_108_864),
  keep: z.strictObject({ days: z.int().min(1).optional(), bytes: z.int().min(1).optional() }).default({}),
  reserve_bytes: z.int().min(0).default(16_777_216),
  denials_per_s: z.int().min(0).default(1_000),
  /** Claims of verified credentials that may stand in records. */
  claims: z.array(recordedClaim).max(64).default([]),
  /** The bundle whose rules `system/log/mask` and `system/log/drop` say what of a decision is written. */
  mask: z.strictObject({ bundle: name }).optional(),
  /** Keeps what decisions were evaluated from, sealed, so that they can be evaluated again; `days` of it, this one included. */
  payloads: z.strictObject({ days: z.int().min(1).max(400) }).optional(),
  /** Who cosigns checkpoints: a C2SP tlog-policy file with their addresses, and how often they are asked. */
  witnesses: z
    .strictObject({ policy: path, every_s: z.number().min(0.1).max(3_600).default(10), ca: fileReference.optional() })
    .optional(),
  /** Who else gets the records; see `sinks.ts`. */
  sinks: sinks.default({}),
})

/** How often something may happen, in a run and at once. */
export const rate = z.strictObject({
  per_second: z.number().min(0.01).max(1_000_000),
  /** How many at once after a pause; absent: as many as a second gives, and at least one. */
  burst: z.int().min(1).max(1_000_000).optional(),
})

/** `limits`: bounds of one decision, of one connection and of the process. */
export const limits = z.strictObject({
  deadline_ms: z.int().min(10).max(30_000).default(1_000),
  /** Of one evaluation on a thread of its own (`evaluate: isolated`); an inline one cannot be stopped. */
  evaluation_ms: z.int().min(5).max(10_000).default(50),
  policy_ttl_max_s: z.int().min(0).max(300).default(60),
  cache_entries: z.int().min(0).max(1_000_000).default(10_000),
  proof_window_s: z.int().min(5).max(300).default(60),
  clock_skew_s: z.int().min(0).max(60).default(30),
  /** How far ahead the clock of whoever makes proofs may run; proofs of that long after a start are refused too. */
  proof_skew_s: z.int().min(0).max(60).default(5),
  body_bytes: z.int().min(1_024).max(16_777_216).default(262_144),
  in_flight: z.int().min(1).max(65_536).default(512),
  /** How long asks may take on average; while they take longer, fewer than `in_flight` are taken at once. */
  latency_target_ms: z.int().min(1).max(30_000).default(100),
  /**
   * Of each enforcement point, and of each subject once it is verified. Absent: no rate. Each instance counts for itself;
   * `shared`: over the whole fleet.
   */
  rate: z
    .strictObject({ pep: rate.optional(), subject: rate.optional(), shared: z.literal(true).optional() })
    .default({}),
  connections: z.int().min(1).max(65_536).default(4_096),
  headers_timeout_ms: z.int().min(100).max(60_000).default(5_000),
  request_timeout_ms: z.int().min(100).max(300_000).default(10_000),
  idle_timeout_ms: z.int().min(100).max(300_000).default(5_000),
  /** From the signal to stop, not ready, yet serving as before: for whatever sends requests here to notice. */
  drain_ms: z.int().min(0).max(60_000).default(0),
  /** From then until connections are cut. */
  grace_s: z.int().min(1).max(300).default(10),
})
