import { z } from 'zod'
import { readRfc3339 } from '../../core/time.ts'

/** Names that the operator chooses: services, enforcement points, bundles, tokens. */
export const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 of a-z, 0-9 and dash, beginning with a letter or digit')

/** A path in the file system; relative ones begin at the folder of the configuration file. */
export const path = z
  .string()
  .min(1)
  .refine((text) => !text.includes('\0'), 'must be a path')

/** `file:PATH`. */
export const fileReference = z.string().regex(/^file:[^\0]+$/, 'must be file:PATH')

/** Where a secret is. The value itself has no place in a configuration, which is printed, stored and sent around. */
export const secretReference = z
  .string()
  .regex(
    /^(?:file:[^\0]+|env:[A-Za-z_][A-Za-z0-9_]*)$/,
    'must be file:PATH or env:NAME; a secret never stands in the configuration itself',
  )

/** A URL without a user name and a password in it. */
export const urlOf = (protocol: RegExp) =>
  z
    .url({ protocol, error: 'must be a URL of this kind' })
    .refine((text) => !hasUserinfo(text), 'must not hold a user name or password')

function hasUserinfo(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && (url.username !== '' || url.password !== '')
}

/** Where something is sent to or had from that the operator names. */
export const httpsUrl = urlOf(/^https?$/).refine(
  (text) => /^https:|^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?:[:/]|$)/.test(text),
  'must be https; http is for loopback alone',
)

/** `2027-03-01`, or with a time in UTC. */
export const time = z
  .string()
  .refine(
    (text) => readRfc3339(text) !== undefined,
    'must be a day such as 2027-03-01, or a time such as 2027-03-01T12:00:00Z',
  )
