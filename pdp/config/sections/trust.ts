import { z } from 'zod'
import { profileNames } from '../../core/profile-names.ts'
import { urlOf } from './reference.ts'

const environment = z.string().min(1).max(64)

/** Segments of a SPIFFE path; `{name}` captures a fact: `/ns/{namespace}/sa/{service_account}`. */
const pathTemplate = z
  .string()
  .regex(
    /^(?:\/(?:[A-Za-z0-9._-]+|\{[a-z][a-z0-9_]*\}))+$/,
    'must be a path such as /ns/{namespace}/sa/{service_account}',
  )

const spiffe = z.strictObject({
  spiffe: z.string().regex(/^[a-z0-9._-]{1,255}$/, 'must be the name of a trust domain, without spiffe://'),
  /** Of a bundle in a file, of the Workload API on a socket, or of a bundle endpoint. */
  from: z
    .string()
    .regex(
      /^(?:file:[^\0]+|unix:[^\0]+|https:\/\/.+)$/,
      'must be file:PATH of a SPIFFE bundle, unix:PATH of a Workload API, or an https URL',
    )
    .refine(
      (text) => !text.startsWith('https:') || urlOf(/^https$/).safeParse(text).success,
      'must be a URL without a user name or password',
    ),
  environment: environment.optional(),
  path: pathTemplate.optional(),
  max_lifetime_s: z.int().min(60).max(86_400).default(3_600),
})

/** Facts about the caller that stand in claims: `{ namespace: k8s_namespace }`. In a token with `act`, in its actor. */
const claimFacts = z.record(
  z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be the name of a fact, such as namespace'),
  z.string().min(1).max(128),
)

const issuer = z
  .strictObject({
    issuer: urlOf(/^https?$/),
    /** `file:PATH` of a JWKS, or the https URL of one; absent: found by discovery. */
    jwks: z
      .union([z.string().regex(/^file:[^\0]+$/), urlOf(/^https?$/)], {
        error: 'must be file:PATH or an https URL without a password',
      })
      .optional(),
    environment: environment.optional(),
    facts: claimFacts.default({}),
    profiles: z
      .array(z.enum(profileNames))
      .min(1)
      .default([...profileNames]),
    max_lifetime_s: z.int().min(60).max(86_400).default(3_600),
    max_stale_s: z.int().min(60).max(604_800).default(86_400),
    /** Address ranges that are refused by default (loopback, private, link-local) but hold this issuer. */
    allow_private: z.boolean().default(false),
  })
  .refine(({ environment, facts }) => environment === undefined || !Object.hasOwn(facts, 'environment'), {
    path: ['facts', 'environment'],
    message: 'must not be both a claim and configured: leave one out',
  })

/** `trust`: whose word is taken. */
export const trust = z.array(z.union([spiffe, issuer])).min(1)
