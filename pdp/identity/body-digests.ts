import { readDictionary } from '../core/read-structured-field.ts'
import type { Expected } from '../seams.ts'

/** Digests that are secure today (RFC 9530 §5), and their lengths in bytes. */
const lengths: Readonly<Record<string, number>> = { 'sha-256': 32, 'sha-512': 64 }

/** Whether the request has a body, by all that is known of it. */
export const hasBody = ({ request, headerValues = () => [] }: Expected): boolean =>
  request?.bodyDigest !== undefined ||
  headerValues('content-digest').length > 0 ||
  headerValues('transfer-encoding').length > 0 ||
  headerValues('content-length').some((length) => length.trim() !== '0')

/** The digests by secure algorithms; undefined where there is none, or one of a wrong form. */
export function readDigests(field: string): ReadonlyMap<string, Buffer> | undefined {
  const members = readDictionary(field)
  if (!members) return undefined
  const digests = new Map<string, Buffer>()
  for (const [name, member] of members) {
    const length = Object.hasOwn(lengths, name) ? lengths[name] : undefined
    if (length === undefined) continue // §5: others are not looked at
    if (!('bare' in member) || member.bare.kind !== 'bytes' || member.bare.value.length !== length) return undefined
    digests.set(name, member.bare.value)
  }
  return digests.size > 0 ? digests : undefined
}
