import { z } from 'zod'
import { audit, bundles, limits } from './sections/runtime.ts'
import { peps, services } from './sections/services.ts'
import { trust } from './sections/trust.ts'

/** The configuration file: one strict schema per section, defaults only here. */
export const configSchema = z.strictObject({
  services,
  peps,
  trust,
  bundles,
  state: z.string().min(1).optional(),
  audit: audit.prefault({}),
  limits: limits.prefault({}),
})

/** A configuration that was read and checked, every default in place. */
export type Config = z.output<typeof configSchema>

/** The same, published as JSON Schema. */
export const configJsonSchema = (): Record<string, unknown> => z.toJSONSchema(configSchema, { io: 'input' })
