import { join } from 'node:path'
import { checkInclusion } from '../tree/check-inclusion.ts'
import { hashLeaf } from '../tree/merkle-hash.ts'
import { nodeTreeFiles } from '../tree/node-tree-files.ts'
import type { NoteVerifier } from '../tree/note-key.ts'
import { proveInclusion } from '../tree/prove-inclusion.ts'
import { writeTlogProof } from '../tree/tlog-proof.ts'
import { forEachLine } from './for-each-line.ts'
import { keysOfLog } from './log-keys.ts'
import { witnessedName } from '../tree/witnessed-name.ts'
import { logNames, nodesOf, readCheckpoint, readFolderCheckpoint, segmentsOf } from './read-log-files.ts'
import type { LogProblem } from './report.ts'

/** `proof`: as C2SP tlog-proof has it. `record`: the line that it is of, without its line end. */
export type ProvedRecord =
  | { readonly ok: true; readonly proof: string; readonly record: string }
  | { readonly ok: false; readonly problem: LogProblem }

/**
 * Proves that a record, named by its id or its number, is in the log under its newest checkpoint; `witnessed`: under the
 * newest one that a quorum of witnesses cosigned.
 */
export function proveRecord(folder: string, wanted: string, verifier: NoteVerifier, witnessed = false): ProvedRecord {
  const keys = keysOfLog(folder, verifier)
  const opened = witnessed
    ? readCheckpoint(witnessedName, nodeTreeFiles.read(join(folder, witnessedName)), keys)
    : readFolderCheckpoint(folder, keys)
  if (!opened.ok) return opened
  const { size, root, note } = opened.checkpoint
  const wrong = (kind: LogProblem['kind'], detail: string): ProvedRecord => ({
    ok: false,
    problem: { kind, file: logNames.lines, detail },
  })
  if (segmentsOf(folder).length === 0) return wrong('incomplete', 'is missing')
  const found = findRecord(folder, wanted)
  if (!found) return wrong('incomplete', `has no record \`${wanted}\``)
  if (found.seq >= size)
    return wrong('incomplete', `record ${found.seq} is not under ${witnessed ? 'a cosigned' : 'a'} checkpoint yet`)
  try {
    const hashes = proveInclusion(nodesOf(folder, size), found.seq, size)
    if (!checkInclusion(hashLeaf(found.line), found.seq, { size, root }, hashes))
      return wrong('tampered', `record ${found.seq} is not what was signed for: verify the log`)
    return {
      ok: true,
      proof: writeTlogProof({ index: found.seq, hashes, checkpoint: note }),
      record: found.line.toString(),
    }
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'an unknown fault'
    return { ok: false, problem: { kind: 'incomplete', file: logNames.tree, detail } }
  }
}

/** Finds a record in the segments that may have it. */
function findRecord(folder: string, wanted: string): FoundRecord | undefined {
  const number = /^(?:0|[1-9][0-9]{0,15})$/.test(wanted) ? Number(wanted) : undefined
  const segments = segmentsOf(folder)
  const holding = number === undefined ? undefined : segments.findLast(({ first }) => first <= number)
  for (const { name, first } of number === undefined ? segments : holding ? [holding] : []) {
    const found = findInSegment(join(folder, name), first, number ?? JSON.stringify(wanted))
    if (found) return found
  }
  return undefined
}

interface FoundRecord {
  readonly seq: number
  readonly line: Buffer
}

/** `wanted`: a number, or an id as it stands in a line. */
function findInSegment(path: string, first: number, wanted: number | string): FoundRecord | undefined {
  let found: FoundRecord | undefined
  let seq = first
  const log = nodeTreeFiles.openLog(path)
  try {
    forEachLine(log, (line) => {
      // the id is the first member after the number
      const isIt =
        typeof wanted === 'number' ? wanted === seq : line.toString('latin1', 0, 128).includes(`,"id":${wanted},`)
      if (isIt && !found) found = { seq, line: Buffer.from(line) }
      seq++
    })
  } finally {
    log.close()
  }
  return found
}
