import type { Result } from '../../pdp/core/result.ts'
import { type Instant, instant } from '../../pdp/core/time.ts'
import { buildPath } from '../../pdp/x509/build-path.ts'
import type { Certificate } from '../../pdp/x509/certificate.ts'
import type { Path, PathRules } from '../../pdp/x509/path.ts'
import { readCertificate } from '../../pdp/x509/read-certificate.ts'
import { readCertificateList } from '../../pdp/x509/read-certificate-list.ts'
import { noon } from './clock.ts'

/** Certificates of a path in DER, and what is asked of it. */
export interface PathCase {
  readonly leaf: Buffer
  readonly through?: readonly Buffer[]
  readonly anchors: readonly Buffer[]
  readonly lists?: readonly Buffer[]
  readonly rules?: Partial<PathRules>
  readonly now?: Instant
}

/** Reads everything and looks for a path; what cannot be read is refused as such. */
export function findPath({ leaf, through = [], anchors, lists = [], rules = {}, now = noon }: PathCase): Result<Path> {
  const read = [leaf, ...through, ...anchors].map((der) => readCertificate(der))
  const readLists = lists.map((der) => readCertificateList(der))
  const unread = [...read, ...readLists].find((each) => !each.ok)
  if (unread && !unread.ok) return unread
  const certificates = read.flatMap((each) => (each.ok ? [each.value] : []))
  const [first, ...others] = certificates as [Certificate, ...Certificate[]] // all were read
  return buildPath({
    leaf: first,
    intermediates: others.slice(0, through.length),
    anchors: others.slice(through.length),
    lists: readLists.flatMap((each) => (each.ok ? [each.value] : [])),
    now,
    rules: { profile: 'all', maximumIntermediates: 5, ...rules },
  })
}

/** Instants around noon, in milliseconds. */
export const after = (milliseconds: number): Instant => instant(noon + milliseconds)
