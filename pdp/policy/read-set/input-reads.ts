import type { ReadSet, ReadTree } from '../../core/read-tree.ts'

/** What an evaluation gets to see of the input, and whether its answer depends on nothing else that changes. */
export interface InputReads {
  /** Of the input without its `time`. */
  readonly tree: ReadTree
  readonly time: boolean
  /** The same module, data and projected input give the same answer, whenever. */
  readonly pure: boolean
}

/** Where no read set is known. */
export const allReads: InputReads = { tree: 'whole', time: true, pure: false }

export function inputReadsOf({ input, builtins }: ReadSet): InputReads {
  if (input === 'whole' || input.each !== undefined) return { ...allReads, tree: input }
  const { time, ...members } = input.members ?? {}
  return {
    tree: { ...input, members },
    time: time !== undefined,
    pure: time === undefined && !builtins.some((name) => varyingBuiltins.has(name)),
  }
}

/**
 * The builtins that may answer the same operands differently from decision to decision: those that OPA marks
 * `nondeterministic`, and those that compare certificates with the clock, which it does not mark.
 */
export const varyingBuiltins: ReadonlySet<string> = new Set([
  'crypto.x509.parse_and_verify_certificates',
  'crypto.x509.parse_and_verify_certificates_with_options',
  'http.send',
  'io.jwt.decode_verify',
  'io.jwt.encode_sign',
  'io.jwt.encode_sign_raw',
  'net.lookup_ip_addr',
  'opa.runtime',
  'rand.intn',
  'time.now_ns',
  'uuid.rfc4122',
])
