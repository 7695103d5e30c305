import type { CheckpointFault } from '../tree/checkpoint.ts'

/**
 * What is wrong with a file of a log.
 *
 * - `tampered`: its bytes are not those that were written. `incomplete`: something that was written is not there.
 * - `key`: it cannot be judged with this key.
 */
export interface LogProblem {
  readonly kind: 'tampered' | 'incomplete' | 'key'
  readonly file: string
  readonly detail: string
}

/** A loss that the log itself tells of. */
export interface ReportedGap {
  readonly seq: number
  readonly reason: string
}

/**
 * What a verification found. Sound: no problems.
 *
 * - `records`: lines of the log. `covered`: how many are under the checkpoint; the others may still be changed unnoticed.
 * - `pruned`: of how many, the oldest, only the hashes are left.
 * - `uncleanEnds`: numbers of `start` records before which the process had not ended in order.
 * - `witnessed`: how many are under the newest checkpoint that witnesses cosigned, and which of a policy's did.
 * - `notes`: what is not wrong and yet worth a look.
 */
export interface LogReport {
  readonly problems: readonly LogProblem[]
  readonly records: number
  readonly covered: number
  readonly pruned: number
  readonly root?: string
  readonly gaps: readonly ReportedGap[]
  readonly uncleanEnds: readonly number[]
  readonly witnessed?: { readonly size: number; readonly by: readonly string[] }
  readonly notes: readonly string[]
}

/** What is wrong with a checkpoint that was not accepted. */
export const checkpointFault = {
  form: { kind: 'tampered', detail: 'is no signed checkpoint' },
  unsigned: { kind: 'key', detail: 'is not signed by this key' },
  signature: { kind: 'tampered', detail: 'its signature is wrong' },
  origin: { kind: 'key', detail: 'is of another log' },
} as const satisfies Record<CheckpointFault, Omit<LogProblem, 'file'>>
