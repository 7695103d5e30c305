import { z } from 'zod'
import { secretReference, urlOf } from './reference.ts'

/** `fleet`: what several instances share. `password` is that of Redis; `secret` is what their keys are derived from. */
export const fleet = z.strictObject({
  redis: urlOf(/^rediss?$/),
  password: secretReference.optional(),
  secret: secretReference,
})

/** `revocation`: what an instance does whose view of revocations is not confirmed any more. */
export const revocation = z.strictObject({ stale: z.enum(['deny', 'allow']).default('deny') })

/** `workers`: equal instances on one port; more than one need `fleet`. */
export const workers = z.int().min(1).max(256).default(1)
