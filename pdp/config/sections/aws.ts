import { z } from 'zod'
import { urlOf } from './reference.ts'

/**
 * Requests that STS is asked about: `endpoints` are the origins of STS that callers sign for, such as
 * https://sts.eu-central-1.amazonaws.com, or that of an endpoint in a network of one's own.
 */
const iam = z
  .strictObject({
    endpoints: z
      .array(
        urlOf(/^https?$/).refine(
          (text) => URL.canParse(text) && new URL(text).origin === text,
          'must be an origin such as https://sts.eu-central-1.amazonaws.com, without a path',
        ),
      )
      .min(1)
      .max(64),
    /** Address ranges that are refused by default (loopback, private, link-local) but hold these endpoints. */
    allow_private: z.boolean().default(false),
  })
  .refine(({ endpoints, allow_private }) => allow_private || endpoints.every((one) => one.startsWith('https:')), {
    path: ['endpoints'],
    message: 'must be https; http is for a loopback address with allow_private',
  })

/** `aws`: principals of AWS, of these accounts alone, by the numbers of the accounts. */
export const aws = z.strictObject({
  accounts: z
    .record(
      z.string().regex(/^[0-9]{12}$/, 'must be the number of an account, of 12 digits'),
      z.strictObject({ environment: z.string().min(1).max(64).optional() }),
    )
    .refine((accounts) => Object.keys(accounts).length > 0, 'must name an account: without one nobody is taken'),
  iam,
})
