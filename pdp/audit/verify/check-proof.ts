import { checkInclusion } from '../tree/check-inclusion.ts'
import { hashLeaf } from '../tree/merkle-hash.ts'
import type { NoteVerifier } from '../tree/note-key.ts'
import { readTlogProof } from '../tree/tlog-proof.ts'
import { readCheckpoint } from './read-log-files.ts'
import type { LogProblem } from './report.ts'
import { type GivenPolicy, policyProblem } from './verify-witnessed.ts'

/** A file that a user gave, with the name it is told by. */
export interface GivenFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * Checks a C2SP tlog-proof of one record with nothing but the key of its log: no log is needed. `record` is the line; one
 * line end after it does not count. `policy`: whose quorum must have cosigned the checkpoint of the proof. Answers what is wrong; undefined: the record is in the log.
 */
export function checkProof(
  proof: GivenFile,
  record: GivenFile,
  verifier: NoteVerifier,
  policy?: GivenPolicy,
): LogProblem | undefined {
  const read = readTlogProof(Buffer.from(proof.bytes).toString())
  if (!read) return { kind: 'tampered', file: proof.name, detail: 'is no proof' }
  const opened = readCheckpoint(proof.name, Buffer.from(read.checkpoint), verifier)
  if (!opened.ok) return opened.problem
  const unwitnessed = policy && policyProblem(proof.name, Buffer.from(read.checkpoint), [verifier], policy)
  if (unwitnessed) return unwitnessed
  const bytes = Buffer.from(record.bytes)
  const line = bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes
  return checkInclusion(hashLeaf(line), read.index, opened.checkpoint, read.hashes)
    ? undefined
    : { kind: 'tampered', file: record.name, detail: `is not record ${read.index} of the log` }
}
