import { isUtf8 } from 'node:buffer'
import { sha256 } from '../../core/digest.ts'
import { isObject, type JsonValue } from '../../core/json.ts'
import { lineSchema } from '../record-schema.ts'
import { hashLeaf } from '../tree/merkle-hash.ts'
import type { TreeFiles } from '../tree/tree-files.ts'
import { forEachLine } from './for-each-line.ts'
import { createLeafHashes, type LeafHashes } from './leaf-hashes.ts'
import type { LogProblem, ReportedGap } from './report.ts'

/** What the lines of a log say. `torn`: bytes after the last line. `kept`: digests of torn lines, by the file they were put in. */
export interface VerifiedLines {
  readonly leaves: LeafHashes
  readonly problems: readonly LogProblem[]
  readonly gaps: readonly ReportedGap[]
  readonly uncleanEnds: readonly number[]
  readonly kept: ReadonlyMap<string, string>
  readonly torn: number
}

const maximumProblems = 100

/** Reads every line: it must be a record of the schema, and the numbers must count from 0 without a gap. */
export function verifyLines(path: string, name: string, files: TreeFiles): VerifiedLines {
  const leaves = createLeafHashes()
  const problems: LogProblem[] = []
  const gaps: ReportedGap[] = []
  const uncleanEnds: number[] = []
  const kept = new Map<string, string>()
  let lastKind = 'stop'
  const wrong = (detail: string) => {
    if (problems.length < maximumProblems) problems.push({ kind: 'tampered', file: name, detail })
  }
  const log = files.openLog(path)
  try {
    const torn = forEachLine(log, (line) => {
      const n = leaves.count()
      leaves.add(hashLeaf(line))
      const { success, data } = lineSchema.safeParse(isUtf8(line) ? parse(line.toString()) : undefined)
      if (!success) return wrong(`line ${n} is no record`)
      if (data.seq !== n) wrong(`line ${n} is record ${data.seq}`)
      if (data.kind === 'start' && lastKind !== 'stop') uncleanEnds.push(n)
      if (data.kind !== 'gap') lastKind = data.kind
      else {
        const { reason, kept: file, sha256: digest } = data.facts
        gaps.push({ seq: n, reason: typeof reason === 'string' ? reason : 'unknown' })
        if (typeof file === 'string' && typeof digest === 'string') kept.set(file, digest)
      }
    })
    return { leaves, problems, gaps, uncleanEnds, kept, torn }
  } finally {
    log.close()
  }
}

/** Whether the bytes of a torn line are those that the log told of. */
export const isKept = (bytes: Uint8Array, digest: string | undefined): boolean => sha256(bytes) === digest

function parse(line: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(line)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
