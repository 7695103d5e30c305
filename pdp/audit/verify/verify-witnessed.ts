import { cosigners } from '../witness/cosignature.ts'
import type { WitnessPolicy } from '../witness/witness-policy.ts'
import type { Checkpoint } from '../tree/checkpoint.ts'
import type { NoteVerifier } from '../tree/note-key.ts'
import { witnessedName } from '../tree/witnessed-name.ts'
import type { LeafHashes } from './leaf-hashes.ts'
import { readCheckpoint } from './read-log-files.ts'
import type { LogProblem, LogReport } from './report.ts'

/** A policy that was given, under the name it is told by. */
export interface GivenPolicy {
  readonly name: string
  readonly policy: WitnessPolicy
}

/** What is wrong with a checkpoint by a policy: the log is none of its logs, or too few of its witnesses cosigned. */
export function policyProblem(
  file: string,
  note: Uint8Array,
  keys: readonly NoteVerifier[],
  { name, policy: { logs, witnesses, reached } }: GivenPolicy,
): LogProblem | undefined {
  if (logs.length > 0 && !logs.some((log) => keys.some(({ vkey }) => vkey === log.vkey)))
    return { kind: 'key', file, detail: `is of no log of ${name}` }
  const by = cosigners(note, new Map(witnesses.map((each) => [each.name, each.key])))
  return reached(by)
    ? undefined
    : { kind: 'incomplete', file, detail: `is not cosigned by a quorum of ${name}: by ${[...by].join(', ') || 'none'}` }
}

/**
 * Verifies a checkpoint that witnesses cosigned: the log begins with it, and where a policy is given, a quorum
 * of it did. Without a policy there need be none.
 */
export function verifyWitnessed(
  note: Uint8Array | undefined,
  {
    leaves,
    keys,
    newest,
  }: { readonly leaves: LeafHashes; readonly keys: readonly NoteVerifier[]; readonly newest: Checkpoint | undefined },
  given: GivenPolicy | undefined,
): Pick<LogReport, 'problems' | 'witnessed'> {
  if (!note && !given) return { problems: [] }
  const opened = readCheckpoint(witnessedName, note, keys)
  if (!opened.ok) return { problems: [opened.problem] }
  const { size, root } = opened.checkpoint
  const wrong = (detail: string) => ({ problems: [{ kind: 'tampered', file: witnessedName, detail } as const] })
  if (newest && size > newest.size)
    return wrong('covers more records than the newest checkpoint: records were taken away')
  if (size > leaves.count() || leaves.root(size) !== root) return wrong('is not what the log begins with')
  const problem = note && given && policyProblem(witnessedName, note, keys, given)
  if (problem) return { problems: [problem] }
  const witnesses = new Map(given?.policy.witnesses.map((each) => [each.name, each.key]))
  return { problems: [], witnessed: { size, by: note ? [...cosigners(note, witnesses)] : [] } }
}
