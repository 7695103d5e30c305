import type { GivenPolicy } from '../audit/verify/verify-witnessed.ts'
import { readWitnessPolicy } from '../audit/witness/witness-policy.ts'
import { readGivenFile } from './read-given-file.ts'
import type { Terminal } from './terminal.ts'

/** The policy of witnesses in a file; undefined, and said why, if it is none. */
export async function readPolicyFile(name: string, say: Terminal['say']): Promise<GivenPolicy | undefined> {
  const file = await readGivenFile(name, say)
  const read = file && readWitnessPolicy(file)
  if (read?.ok === false) say(`${name}: ${read.problem}`)
  return read?.ok ? { name, policy: read.policy } : undefined
}
