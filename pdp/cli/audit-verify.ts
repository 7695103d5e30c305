import { verifyLog } from '../audit/verify/verify-log.ts'
import { auditExitCode, problemLine } from './audit-exit-code.ts'
import { exitCodes } from './exit-codes.ts'
import { readGivenFile } from './read-given-file.ts'
import { readVkey } from './read-vkey.ts'
import type { Terminal } from './terminal.ts'

/** `vkey`: the key of the log, or a file with it. `since`: a file with a checkpoint that was saved before. */
export interface AuditVerifyFlags {
  readonly vkey: string
  readonly since?: string
  readonly json?: boolean
}

/** `audit verify`: verifies every byte of a log in a folder, offline. */
export async function auditVerifyCommand(
  folder: string,
  { vkey, since, json = false }: AuditVerifyFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const verifier = await readVkey(vkey, say)
  if (!verifier) return exitCodes.key
  const note = since === undefined ? undefined : await readGivenFile(since, say)
  if (since !== undefined && !note) return exitCodes.failed
  const report = verifyLog({ folder, verifier, ...(since !== undefined && note && { since: { name: since, note } }) })
  for (const problem of report.problems) say(problemLine(problem))
  for (const line of report.notes) say(line)
  for (const { seq, reason } of report.gaps) say(`record ${seq} tells of a loss: ${reason}`)
  for (const seq of report.uncleanEnds) say(`record ${seq}: the process before it did not end in order`)
  const { records, covered, pruned, root, problems } = report
  if (pruned > 0) say(`pruned: of the records before ${pruned} only the hashes are left`)
  if (json) out(`${JSON.stringify(report)}\n`)
  else if (problems.length === 0)
    out(`sound: ${covered} of ${records} records are under the checkpoint, root ${root}\n`)
  return auditExitCode(problems)
}
