import { proveRecord } from '../audit/verify/prove-record.ts'
import { auditExitCode, problemLine } from './audit-exit-code.ts'
import { exitCodes } from './exit-codes.ts'
import { readVkey } from './read-vkey.ts'
import type { Terminal } from './terminal.ts'

/** `record`: print the record itself instead of its proof. `witnessed`: under a checkpoint that witnesses cosigned. */
export interface AuditProveFlags {
  readonly vkey: string
  readonly record?: boolean
  readonly witnessed?: boolean
}

/** `audit prove`: prints the proof that a record is in the log, for whoever has the key alone. */
export async function auditProveCommand(
  folder: string,
  wanted: string,
  { vkey, record = false, witnessed = false }: AuditProveFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const verifier = await readVkey(vkey, say)
  if (!verifier) return exitCodes.key
  const proved = proveRecord(folder, wanted, verifier, witnessed)
  if (!proved.ok) {
    say(problemLine(proved.problem))
    return auditExitCode([proved.problem])
  }
  out(record ? `${proved.record}\n` : proved.proof)
  return exitCodes.ok
}
