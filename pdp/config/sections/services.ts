import { z } from 'zod'

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 of a-z, 0-9 and dash, beginning with a letter or digit')

const audience = z.string().min(1).max(512)

/** An https origin as callers write it: lower-case host, no path, no default port. */
export const origin = z
  .string()
  .regex(
    /^https:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/,
    'must be an https origin without a path, such as https://orders.example.org',
  )
  .refine((text) => !text.endsWith(':443'), 'must not name the default port')

/** `services`: what is guarded. Absent `origins` are those audiences that are bare https origins. */
export const services = z.record(
  name,
  z.strictObject({
    audiences: z.array(audience).min(1),
    origins: z.array(origin).optional(),
    policy: name.optional(),
    entrypoint: z
      .string()
      .regex(/^[a-z_][a-z0-9_]*(?:\/[a-z_][a-z0-9_]*)*$/)
      .optional(),
    environment: z.string().min(1).max(64).optional(),
    identity: z.enum(['required', 'optional']).default('required'),
    obligations: z.array(z.string().min(1).max(64)).default([]),
    reuse_max_s: z.int().min(0).max(300).default(0),
    peps: z.array(name).min(1),
  }),
)

/** `peps`: who may ask. */
export const peps = z.record(
  name,
  z.strictObject({
    none: z.literal(true).optional(),
    vouch: z.strictObject({ peer_certificate: z.boolean().default(false) }).optional(),
  }),
)
