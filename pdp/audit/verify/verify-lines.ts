import { isUtf8 } from 'node:buffer'
import { sha256 } from '../../core/digest.ts'
import { isObject, type JsonValue } from '../../core/json.ts'
import { lineSchema } from '../record-schema.ts'
import type { Replacement } from '../tree/endorse-key.ts'
import { hashLeaf } from '../tree/merkle-hash.ts'
import type { TreeFiles } from '../tree/tree-files.ts'
import { forEachLine } from './for-each-line.ts'
import type { LeafHashes } from './leaf-hashes.ts'
import type { LogProblem, ReportedGap } from './report.ts'

/**
 * What the lines of a log say, as far as they were read.
 *
 * - `torn`: bytes after the last line. `kept`: digests of what was cut of a log, by the file it was put in.
 * - `pruned`: how many records the log says were pruned. `replacements`: of its keys.
 */
export interface ReadLines {
  readonly leaves: LeafHashes
  readonly problems: LogProblem[]
  readonly gaps: ReportedGap[]
  readonly uncleanEnds: number[]
  readonly kept: Map<string, string>
  readonly replacements: Replacement[]
  pruned: number
  torn: number
  lastKind: string
}

/** Begins to read lines after those that `leaves` holds. */
export const noLines = (leaves: LeafHashes): ReadLines => ({
  leaves,
  problems: [],
  gaps: [],
  uncleanEnds: [],
  kept: new Map(),
  replacements: [],
  pruned: 0,
  torn: 0,
  lastKind: leaves.count() === 0 ? 'stop' : 'unknown',
})

const maximumProblems = 100

/** Reads on, every line of a segment: it must be a record of the schema, and the numbers must count on without a gap. */
export function verifyLines(path: string, name: string, files: TreeFiles, lines: ReadLines): void {
  const { leaves, problems, gaps, uncleanEnds } = lines
  const wrong = (detail: string) => {
    if (problems.length < maximumProblems) problems.push({ kind: 'tampered', file: name, detail })
  }
  const log = files.openLog(path)
  try {
    lines.torn = forEachLine(log, (line) => {
      const n = leaves.count()
      leaves.add(hashLeaf(line))
      const { success, data } = lineSchema.safeParse(isUtf8(line) ? parse(line.toString()) : undefined)
      if (!success) return wrong(`line ${n} is no record`)
      if (data.seq !== n) wrong(`line ${n} is record ${data.seq}`)
      if (data.kind === 'start' && lines.lastKind !== 'stop' && lines.lastKind !== 'unknown') uncleanEnds.push(n)
      if (data.kind !== 'gap') lines.lastKind = data.kind
      if (data.kind === 'gap') {
        const { reason, kept, sha256 } = data.facts
        gaps.push({ seq: n, reason })
        if (kept !== undefined && sha256 !== undefined) lines.kept.set(kept, sha256)
      }
      if (data.kind === 'admin' && data.facts.act === pruneAct)
        lines.pruned = Math.max(lines.pruned, Number(data.facts.target))
      if (data.kind === 'key') {
        const { vkey, previous, endorsement } = data.facts
        if (vkey !== undefined && previous !== undefined && endorsement !== undefined)
          lines.replacements.push({ vkey, previous, endorsement })
      }
    })
  } finally {
    log.close()
  }
}

/** The act of an `admin` record that tells of pruning; its target is the number of the oldest record that stays. */
export const pruneAct = 'prune-log'

/** Whether the bytes of what was cut are those that the log told of. */
export const isKept = (bytes: Uint8Array, digest: string | undefined): boolean => sha256(bytes) === digest

function parse(line: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(line)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
