import { sign } from 'node:crypto'
import { ecdsaWithSha256, type TestAuthority } from './certificates.ts'
import { noon } from './clock.ts'
import { bits, boolean, der, integer, octets, oid, sequence, time } from './der.ts'

/** What a list is made of; everything has a default that makes it a good one, from a second before noon to one after. */
export interface ListParts {
  readonly signer?: TestAuthority
  readonly revoked?: readonly number[]
  readonly thisUpdate?: number
  readonly nextUpdate?: Buffer
  readonly version?: Buffer
  readonly extensions?: readonly Buffer[]
  readonly entry?: Buffer
  readonly inner?: Buffer
  readonly tail?: Buffer
}

export const listExtension = (id: string, value: Buffer, critical = false) =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value))
export const crlNumber = listExtension('2.5.29.20', integer(1))

/** A list of revoked certificates (RFC 5280 §5) that an authority issued. */
export function createCertificateList(
  by: TestAuthority,
  { signer = by, revoked = [], entry, ...parts }: ListParts = {},
): Buffer {
  const entries = revoked.map((serial) => sequence(integer(serial), time(noon), ...(entry ? [entry] : [])))
  const signed = sequence(
    parts.version ?? integer(1),
    parts.inner ?? ecdsaWithSha256,
    by.subject,
    time(parts.thisUpdate ?? noon - 1_000),
    parts.nextUpdate ?? time(noon + 1_000),
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    der(0xa0, sequence(...(parts.extensions ?? [crlNumber]))),
    ...(parts.tail ? [parts.tail] : []),
  )
  return sequence(signed, ecdsaWithSha256, bits(sign('sha256', signed, signer.key.privateKey)))
}

/** Lists in PEM. */
export const pemOfLists = (...lists: readonly Buffer[]): string =>
  lists.map((der) => `-----BEGIN X509 CRL-----\n${der.toString('base64')}\n-----END X509 CRL-----\n`).join('')
