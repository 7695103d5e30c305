import { z } from 'zod'
import { methodNames } from '../../core/method-names.ts'
import { fileReference, time, urlOf } from './reference.ts'
import { rate } from './runtime.ts'

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
 * Requests signed by AWS Signature Version 4, for one region and a service of the name of ours. `v4a`: for callers that sign
 * once for several regions. `paths`: `as_sent` for clients that sign as for Amazon S3. `payload`: `enforcement_point` where
 * that one holds bodies to their hash itself; `unsigned` where clients that stream sign none.
 */
const awsSigV4 = z.strictObject({
  region: z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be the name of a region, such as eu-central-1'),
  v4a: z.boolean().default(false),
  paths: z.enum(['encoded_twice', 'as_sent']).default('encoded_twice'),
  payload: z.enum(['compare', 'enforcement_point', 'unsigned']).default('compare'),
})

/** Tokens that clients sign as for Snowflake. `max_lifetime_s`: up to an hour, for drivers that ask for it. */
const keyPairJwt = z.strictObject({ max_lifetime_s: z.int().min(60).max(3_600).default(300) })

/**
 * `registry`: clients that are registered here, and how they may prove themselves; a kind that is not named is refused.
 *
 * - `issuer`: our own name, under which subjects are `<issuer>#<client>`; what clients sign for us is signed for it.
 * - `from`: the file that `sallyport clients` and `sallyport keys` write, or `fleet`: the Redis of the fleet.
 */
export const registry = z
  .strictObject({
    issuer: urlOf(/^https$/),
    /** Of each credential, once it was proved. */
    rate: rate.optional(),
    from: z.union([fileReference, z.literal('fleet')], { error: 'must be file:PATH, or fleet' }),
    methods: z.strictObject({
      'api-key': apiKey.optional(),
      'hmac-token': hmacToken.optional(),
      'client-secret': clientSecret.optional(),
      'aws-sigv4': awsSigV4.optional(),
      'key-pair-jwt': keyPairJwt.optional(),
      'private-key-jwt': z.strictObject({}).optional(),
    }),
  })
  .refine(({ methods }) => Object.values(methods).some((settings) => settings !== undefined), {
    path: ['methods'],
    message: 'must name a kind of credential: a registry that nothing uses is a mistake',
  })

/** `sunset`: from when on kinds of credentials are no longer taken: `{ api-key: 2027-03-01 }`. Until then they are flagged. */
export const sunset = z.partialRecord(z.enum(methodNames), time).default({})
