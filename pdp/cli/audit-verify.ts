import type { LogReport } from '../audit/verify/report.ts'
import { verifyLog } from '../audit/verify/verify-log.ts'
import { auditExitCode, problemLine } from './audit-exit-code.ts'
import { exitCodes } from './exit-codes.ts'
import { readGivenFile } from './read-given-file.ts'
import { readPolicyFile } from './read-witness-policy-file.ts'
import { readVkey } from './read-vkey.ts'
import type { Terminal } from './terminal.ts'

/** `vkey`: the key of the log, or a file with it. `policy`: a file of who must cosign. `since`: one with a checkpoint that was saved before. */
export interface AuditVerifyFlags {
  readonly vkey: string
  readonly policy?: string
  readonly since?: string
  readonly json?: boolean
}

/** `audit verify`: verifies every byte of a log in a folder, offline. */
export async function auditVerifyCommand(
  folder: string,
  { vkey, policy: policyPath, since, json = false }: AuditVerifyFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const verifier = await readVkey(vkey, say)
  if (!verifier) return exitCodes.key
  const policy = policyPath === undefined ? undefined : await readPolicyFile(policyPath, say)
  if (policyPath !== undefined && !policy) return exitCodes.failed
  const note = since === undefined ? undefined : await readGivenFile(since, say)
  if (since !== undefined && !note) return exitCodes.failed
  const report = verifyLog({
    folder,
    verifier,
    ...(policy && { policy }),
    ...(since !== undefined && note && { since: { name: since, note } }),
  })
  sayReport(report, say)
  const { records, covered, root, problems } = report
  if (json) out(`${JSON.stringify(report)}\n`)
  else if (problems.length === 0)
    out(`sound: ${covered} of ${records} records are under the checkpoint, root ${root}\n`)
  return auditExitCode(problems)
}

function sayReport({ problems, notes, gaps, uncleanEnds, pruned, witnessed }: LogReport, say: Terminal['say']): void {
  for (const problem of problems) say(problemLine(problem))
  for (const line of notes) say(line)
  for (const { seq, reason } of gaps) say(`record ${seq} tells of a loss: ${reason}`)
  for (const seq of uncleanEnds) say(`record ${seq}: the process before it did not end in order`)
  if (pruned > 0) say(`pruned: of the records before ${pruned} only the hashes are left`)
  if (witnessed && witnessed.by.length > 0)
    say(`${witnessed.size} records are under a checkpoint that ${witnessed.by.join(', ')} cosigned`)
}
