import { z } from 'zod'
import { fileReference, urlOf } from './reference.ts'

/** How API keys begin: `<prefix>_<environment>_…`. */
const apiKey = z.strictObject({
  prefix: z
    .string()
    .regex(/^[a-z][a-z0-9]{0,15}$/, 'must be up to 16 of a-z and 0-9, beginning with a letter')
    .default('sp'),
  environment: z.string().regex(/^[a-z0-9]{1,16}$/, 'must be up to 16 of a-z and 0-9, as it stands in keys'),
})

/** `passwords`: secrets that people chose are taken too, by slow hashes; else those alone that were made at random. */
const clientSecret = z.strictObject({ passwords: z.boolean().default(false) })

/** Tokens with a MAC that clients make for themselves. */
const hmacToken = z.strictObject({ max_lifetime_s: z.int().min(10).max(900).default(900) })

/**
 * `registry`: clients that are registered here, and how they may prove themselves; a kind that is not named is refused.
 *
 * - `issuer`: our own name, under which subjects are `<issuer>#<client>`; what clients sign for us is signed for it.
 * - `from`: the file that `sallyport clients` and `sallyport keys` write.
 */
export const registry = z
  .strictObject({
    issuer: urlOf(/^https$/),
    from: fileReference,
    methods: z.strictObject({
      'api-key': apiKey.optional(),
      'hmac-token': hmacToken.optional(),
      'client-secret': clientSecret.optional(),
    }),
  })
  .refine(({ methods }) => Object.values(methods).some((settings) => settings !== undefined), {
    path: ['methods'],
    message: 'must name a kind of credential: a registry that nothing uses is a mistake',
  })
