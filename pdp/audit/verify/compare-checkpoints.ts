import { checkConsistency } from '../tree/check-consistency.ts'
import type { NoteVerifier } from '../tree/note-key.ts'
import { proveConsistency } from '../tree/prove-consistency.ts'
import type { GivenFile } from './check-proof.ts'
import { keysOfLog } from './log-keys.ts'
import { logNames, nodesOf, readCheckpoint, readFolderCheckpoint } from './read-log-files.ts'
import type { LogProblem } from './report.ts'

/** How two checkpoints stand to each other. */
export type Compared =
  | { readonly ok: true; readonly before: number; readonly after: number }
  | { readonly ok: false; readonly problem: LogProblem }

/**
 * Checks, by the tiles of a log, that the log under `after` begins with the log under `before`. Without `after`, its
 * newest checkpoint is meant.
 */
export function compareCheckpoints(
  folder: string,
  before: GivenFile,
  after: GivenFile | undefined,
  verifier: NoteVerifier,
): Compared {
  const keys = keysOfLog(folder, verifier)
  const old = readCheckpoint(before.name, before.bytes, keys)
  if (!old.ok) return old
  const now = after ? readCheckpoint(after.name, after.bytes, keys) : readFolderCheckpoint(folder, keys)
  if (!now.ok) return now
  const [from, to] = [old.checkpoint, now.checkpoint]
  const wrong = (kind: LogProblem['kind'], file: string, detail: string): Compared => ({
    ok: false,
    problem: { kind, file, detail },
  })
  const later = after?.name ?? 'the checkpoint of the log'
  if (from.size > to.size) return wrong('tampered', later, `is older than ${before.name}`)
  try {
    const proof = proveConsistency(nodesOf(folder, to.size), from.size, to.size)
    return checkConsistency(from, to, proof)
      ? { ok: true, before: from.size, after: to.size }
      : wrong('tampered', logNames.tree, `does not lead from ${before.name} to ${later}: verify the log`)
  } catch (error) {
    return wrong('incomplete', logNames.tree, error instanceof Error ? error.message : 'an unknown fault')
  }
}
