import type { NoteVerifier } from '../audit/tree/note-key.ts'
import { checkProof, type GivenFile } from '../audit/verify/check-proof.ts'
import { checkDisclosure } from '../audit/verify/disclosure.ts'
import type { GivenPolicy } from '../audit/verify/verify-witnessed.ts'
import type { LogProblem } from '../audit/verify/report.ts'
import { auditExitCode, problemLine } from './audit-exit-code.ts'
import { exitCodes } from './exit-codes.ts'
import { readGivenFile } from './read-given-file.ts'
import { readPolicyFile } from './read-witness-policy-file.ts'
import { readVkey } from './read-vkey.ts'
import type { Terminal } from './terminal.ts'

/** `vkey`: the key of the log, or a file with it. `policy`: a file of who must have cosigned. */
export interface AuditCheckFlags {
  readonly vkey: string
  readonly policy?: string
}

interface Judge {
  readonly verifier: NoteVerifier
  readonly policy?: GivenPolicy
}

/** `audit check`: checks the proof of a record, or without a record, a disclosure; files alone, and no log is needed. */
export async function auditCheckCommand(
  proofPath: string,
  recordPath: string | undefined,
  { vkey, policy: policyPath }: AuditCheckFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const verifier = await readVkey(vkey, say)
  if (!verifier) return exitCodes.key
  const policy = policyPath === undefined ? undefined : await readPolicyFile(policyPath, say)
  if (policyPath !== undefined && !policy) return exitCodes.failed
  const by: Judge = { verifier, ...(policy && { policy }) }
  const proof = await readGivenFile(proofPath, say)
  const record = recordPath === undefined ? undefined : await readGivenFile(recordPath, say)
  if (!proof || (recordPath !== undefined && !record)) return exitCodes.failed
  const outcome =
    recordPath !== undefined && record
      ? checkRecord({ name: proofPath, bytes: proof }, { name: recordPath, bytes: record }, by)
      : checkShown({ name: proofPath, bytes: proof }, by)
  if (typeof outcome === 'string') out(`${outcome}\n`)
  else say(problemLine(outcome))
  return auditExitCode(typeof outcome === 'string' ? [] : [outcome])
}

function checkRecord(proof: GivenFile, record: GivenFile, { verifier, policy }: Judge): string | LogProblem {
  return checkProof(proof, record, verifier, policy) ?? `${record.name}: is in the log ${verifier.name}`
}

function checkShown(file: GivenFile, { verifier, policy }: Judge): string | LogProblem {
  const checked = checkDisclosure(file, verifier, policy)
  if (!checked.ok) return checked.problem
  const { id, field, value } = checked
  return `${file.name}: record ${id} of the log ${verifier.name} commits to ${JSON.stringify(value)} at ${field}`
}
