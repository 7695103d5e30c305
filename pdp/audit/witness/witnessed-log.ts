import { join } from 'node:path'
import { nodeTreeFiles } from '../tree/node-tree-files.ts'
import { hashFromBase64 } from '../tree/merkle-hash.ts'
import { proveConsistency } from '../tree/prove-consistency.ts'
import { checkpointName, nodesOf } from '../verify/read-log-files.ts'
import type { WitnessedLog } from './collect-cosignatures.ts'

// Name, size and root (C2SP tlog-checkpoint). This process signed it.
const form = /^[^\n]+\n(0|[1-9][0-9]{0,15})\n([^\n]+)\n/

/** The log of a folder as its newest checkpoint has it; undefined as long as it has none. */
export function readWitnessedLog(folder: string): WitnessedLog | undefined {
  const note = nodeTreeFiles.read(join(folder, checkpointName))?.toString()
  const [, digits, encoded = ''] = form.exec(note ?? '') ?? []
  const root = hashFromBase64(encoded)
  const size = Number(digits)
  if (note === undefined || digits === undefined || root === undefined) return undefined
  return {
    checkpoint: { size, root, note },
    prove: (before) => proveConsistency(nodesOf(folder, size), before, size),
  }
}
