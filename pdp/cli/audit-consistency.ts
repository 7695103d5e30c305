import { compareCheckpoints } from '../audit/verify/compare-checkpoints.ts'
import { auditExitCode, problemLine } from './audit-exit-code.ts'
import { exitCodes } from './exit-codes.ts'
import { readGivenFile } from './read-given-file.ts'
import { readVkey } from './read-vkey.ts'
import type { Terminal } from './terminal.ts'

/** `audit consistency`: checks that a log under one checkpoint begins with what stood under an earlier one. */
export async function auditConsistencyCommand(
  folder: string,
  beforePath: string,
  afterPath: string | undefined,
  { vkey }: { readonly vkey: string },
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const verifier = await readVkey(vkey, say)
  if (!verifier) return exitCodes.key
  const before = await readGivenFile(beforePath, say)
  const after = afterPath === undefined ? undefined : await readGivenFile(afterPath, say)
  if (!before || (afterPath !== undefined && !after)) return exitCodes.failed
  const later = afterPath !== undefined && after ? { name: afterPath, bytes: after } : undefined
  const compared = compareCheckpoints(folder, { name: beforePath, bytes: before }, later, verifier)
  if (!compared.ok) {
    say(problemLine(compared.problem))
    return auditExitCode([compared.problem])
  }
  out(`consistent: the first ${compared.before} of ${compared.after} records are the same\n`)
  return exitCodes.ok
}
