import { z } from 'zod'

/** `bundles`: what decides. */
export const bundles = z.record(z.string(), z.strictObject({ file: z.string().min(1) }))

/** `audit`: where records go. `memory` loses them with the process and is for demonstrations. */
export const audit = z.strictObject({
  mode: z.enum(['memory', 'written', 'synced']).default('written'),
  directory: z.string().min(1).optional(),
})

/** `limits`: bounds of one decision and of the process. */
export const limits = z.strictObject({
  deadline_ms: z.int().min(10).max(30_000).default(1_000),
  policy_ttl_max_s: z.int().min(0).max(300).default(60),
  cache_entries: z.int().min(0).max(1_000_000).default(10_000),
  proof_window_s: z.int().min(5).max(300).default(60),
  clock_skew_s: z.int().min(0).max(60).default(30),
})
