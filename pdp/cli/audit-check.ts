import { checkProof } from '../audit/verify/check-proof.ts'
import { auditExitCode, problemLine } from './audit-exit-code.ts'
import { exitCodes } from './exit-codes.ts'
import { readGivenFile } from './read-given-file.ts'
import { readVkey } from './read-vkey.ts'
import type { Terminal } from './terminal.ts'

/** `audit check`: checks the proof of a record; both are files, and no log is needed. */
export async function auditCheckCommand(
  proofPath: string,
  recordPath: string,
  { vkey }: { readonly vkey: string },
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const verifier = await readVkey(vkey, say)
  if (!verifier) return exitCodes.key
  const proof = await readGivenFile(proofPath, say)
  const record = await readGivenFile(recordPath, say)
  if (!proof || !record) return exitCodes.failed
  const problem = checkProof({ name: proofPath, bytes: proof }, { name: recordPath, bytes: record }, verifier)
  if (!problem) out(`${recordPath}: is in the log ${verifier.name}\n`)
  else say(problemLine(problem))
  return auditExitCode(problem ? [problem] : [])
}
