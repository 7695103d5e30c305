import { z } from 'zod'
import { fileReference, urlOf } from './reference.ts'

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

/**
 * Instances of EC2 in these regions by their identity documents, each once, within `max_age_s` of its start. `certificates`: a
 * file of JSON with certificates of regions by their names, in PEM, for regions that this release does not know.
 */
const instances = z.strictObject({
  regions: z.array(z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be the name of a region, such as eu-central-1')).min(1),
  max_age_s: z.int().min(60).max(86_400).default(3_600),
  certificates: fileReference.optional(),
})

/** `aws`: principals and instances of AWS, of these accounts alone, by the numbers of the accounts. */
export const aws = z
  .strictObject({
    accounts: z
      .record(
        z.string().regex(/^[0-9]{12}$/, 'must be the number of an account, of 12 digits'),
        z.strictObject({ environment: z.string().min(1).max(64).optional() }),
      )
      .refine((accounts) => Object.keys(accounts).length > 0, 'must name an account: without one nobody is taken'),
    iam: iam.optional(),
    instances: instances.optional(),
  })
  .refine(({ iam, instances }) => iam !== undefined || instances !== undefined, {
    message: 'must have `iam`, `instances` or both',
  })
