import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { segmentPath, segmentsAmong } from '../segments.ts'
import { checkConsistency } from '../tree/check-consistency.ts'
import type { Checkpoint } from '../tree/checkpoint.ts'
import { keysOf } from '../tree/endorse-key.ts'
import { toBase64 } from '../tree/merkle-hash.ts'
import { nodeTreeFiles } from '../tree/node-tree-files.ts'
import type { NoteVerifier } from '../tree/note-key.ts'
import { proveConsistency } from '../tree/prove-consistency.ts'
import { stagedFolder } from '../tree/publish-files.ts'
import { readTilePath } from '../tree/tile-path.ts'
import { checkpointPath } from '../tree/signed-checkpoint.ts'
import { createLeafHashes, type LeafHashes } from './leaf-hashes.ts'
import { changedTiles, prunedLeaves } from './pruned-leaves.ts'
import { checkpointName, logNames, nodesOf, readCheckpoint } from './read-log-files.ts'
import type { LogProblem, LogReport } from './report.ts'
import { witnessedName } from '../tree/witnessed-name.ts'
import { type GivenPolicy, verifyWitnessed } from './verify-witnessed.ts'
import { isKept, noLines, type ReadLines, verifyLines } from './verify-lines.ts'
import { verifyTiles } from './verify-tiles.ts'

/**
 * - `folder`: of the log, at rest or in use. `verifier`: its key.
 * - `policy`: whose quorum must have cosigned a checkpoint of it.
 * - `since`: a checkpoint that was saved before, under the name it is told by: the log must still begin with it.
 */
export interface VerifyLogOptions {
  readonly folder: string
  readonly verifier: NoteVerifier
  readonly policy?: GivenPolicy
  readonly since?: { readonly name: string; readonly note: Uint8Array }
}

/** Verifies a log offline: every line, tile and signature, and that it goes on where it was seen before. */
export function verifyLog({ folder, verifier, policy, since }: VerifyLogOptions): LogReport {
  const { lines: linesName, tree } = logNames
  // what is published first is read first: a log in use grows meanwhile
  const cosigned = nodeTreeFiles.read(join(folder, witnessedName))
  const note = nodeTreeFiles.read(join(folder, checkpointName))
  const paths = filesBelow(folder)
  const { segments, pruned, read, prefix, lines } = readLog(folder, paths)
  const treeFolder = join(folder, tree)
  const { leaves } = lines
  const count = leaves.count()
  const keys = keysOf(verifier, lines.replacements)
  const opened = readCheckpoint(checkpointName, note, keys)
  const checkpoint = opened.ok ? opened.checkpoint : undefined
  const problems: LogProblem[] = opened.ok ? [] : [opened.problem]
  problems.push(...prefix.problems, ...lines.problems)
  if (segments.length === 0) problems.push({ kind: 'incomplete', file: linesName, detail: 'is missing' })
  else problems.push(...verifyKept(folder, paths, lines))
  problems.push(...prunedUntold(pruned, lines))
  const inTree = paths.filter((path) => path.startsWith(`${tree}/`)).map((path) => path.slice(tree.length + 1))
  const size = checkpoint?.size ?? 0
  const fileOf = (seq: number) => segmentPath(linesName, segments.findLast((first) => first <= seq) ?? 0)
  if (size > count) {
    const detail = `has ${count} whole lines, and ${size} records are under the checkpoint`
    problems.push({ kind: 'incomplete', file: fileOf(count), detail })
  }
  const proved = checkpoint !== undefined && size <= count && leaves.root(size) === checkpoint.root
  // where the tiles make the signed root and the lines do not, it is the lines that were changed
  const signed = checkpoint && !proved ? leavesOfTiles(folder, checkpoint) : undefined
  if (checkpoint && size <= count && !proved)
    problems.push(...changedLines(size, leaves, signed, fileOf), ...changedTiles(read, size, pruned))
  const place = { folder: treeFolder, name: tree, paths: inTree }
  problems.push(...verifyTiles(place, signed ?? leaves, size, nodeTreeFiles))
  if (since) problems.push(...verifySince(since, checkpoint, lines, keys))
  const witnessed = verifyWitnessed(cosigned, { leaves, keys, newest: checkpoint }, policy)
  problems.push(...witnessed.problems)
  return {
    problems,
    records: count,
    covered: Math.min(size, count),
    pruned,
    ...(checkpoint && { root: toBase64(checkpoint.root) }),
    gaps: lines.gaps,
    uncleanEnds: lines.uncleanEnds,
    ...(witnessed.witnessed && { witnessed: witnessed.witnessed }),
    notes: notesOf(paths, segments, lines),
  }
}

/** All lines of a log, and of those that were pruned the hashes that tiles keep. */
function readLog(folder: string, paths: readonly string[]) {
  const segments = segmentsAmong(paths, logNames.lines)
  const pruned = segments[0] ?? 0
  const read = (path: string) => nodeTreeFiles.read(join(folder, logNames.tree, path))
  const prefix = prunedLeaves(read, pruned)
  const lines = noLines(prefix.leaves)
  readSegments(folder, segments, lines)
  return { segments, pruned, read, prefix, lines }
}

/** What the lines of a log give, for whoever makes its tree again: hashes of its leaves, and its keys that follow from one. */
export function leavesOfLog(folder: string, verifier: NoteVerifier) {
  const { lines } = readLog(folder, filesBelow(folder))
  return { leaves: lines.leaves, keys: keysOf(verifier, lines.replacements) }
}

function prunedUntold(pruned: number, lines: ReadLines): readonly LogProblem[] {
  if (pruned <= lines.pruned) return []
  const detail = `is missing, and so are the records before ${pruned}: nothing tells that they were pruned`
  return [{ kind: 'incomplete', file: logNames.lines, detail }]
}

/** Reads segment after segment, each of which must begin where the one before it ended. */
function readSegments(folder: string, segments: readonly number[], lines: ReadLines): void {
  for (const first of segments) {
    const due = lines.leaves.count()
    if (lines.torn > 0) {
      const before = segmentPath(logNames.lines, segments[segments.indexOf(first) - 1] ?? 0)
      lines.problems.push({ kind: 'tampered', file: before, detail: 'does not end with a record' })
    }
    if (first !== due) {
      const file = segmentPath(logNames.lines, due)
      lines.problems.push({ kind: 'incomplete', file, detail: `is missing: records ${due} to ${first - 1}` })
      return
    }
    const name = segmentPath(logNames.lines, first)
    verifyLines(join(folder, name), name, nodeTreeFiles, lines)
  }
}

/** The leaves that the tiles of level 0 hold, if they are those under the checkpoint. */
function leavesOfTiles(folder: string, { size, root }: Checkpoint): LeafHashes | undefined {
  const leaves = createLeafHashes()
  try {
    const node = nodesOf(folder, size)
    for (let seq = 0; seq < size; seq++) leaves.add(node(0, seq))
  } catch {
    return undefined // tiles are missing
  }
  return leaves.root(size) === root ? leaves : undefined
}

function changedLines(
  size: number,
  leaves: LeafHashes,
  signed: LeafHashes | undefined,
  fileOf: (seq: number) => string,
): readonly LogProblem[] {
  for (let seq = 0; signed && seq < size; seq++)
    if (signed.node(0, seq) !== leaves.node(0, seq))
      return [{ kind: 'tampered', file: fileOf(seq), detail: `record ${seq} is not what was signed for` }]
  const detail = `its first ${size} records are not what was signed for`
  return [{ kind: 'tampered', file: fileOf(size - 1), detail }]
}

/** What was cut of the log and put aside: the log tells of each, with its digest. */
const verifyKept = (folder: string, paths: readonly string[], { kept }: ReadLines): readonly LogProblem[] => [
  ...paths
    .filter((path) => keptName.test(path))
    .filter((path) => !isKept(nodeTreeFiles.read(join(folder, path)) ?? Buffer.alloc(0), kept.get(path)))
    .map((file): LogProblem => ({ kind: 'tampered', file, detail: 'is not the torn line that the log tells of' })),
  ...[...kept.keys()]
    .filter((name) => !paths.includes(name))
    .map((file): LogProblem => ({ kind: 'incomplete', file, detail: 'is missing' })),
]

function verifySince(
  { name, note }: NonNullable<VerifyLogOptions['since']>,
  checkpoint: Checkpoint | undefined,
  { leaves }: ReadLines,
  keys: readonly NoteVerifier[],
): readonly LogProblem[] {
  const opened = readCheckpoint(name, note, keys)
  if (!opened.ok) return [opened.problem]
  const before = opened.checkpoint
  const file = checkpointName
  if (!checkpoint || checkpoint.size > leaves.count()) return []
  if (before.size > checkpoint.size)
    return [{ kind: 'tampered', file, detail: `is older than ${name}: records were taken away` }]
  const proof = proveConsistency(leaves.node, before.size, checkpoint.size)
  const root = leaves.root(checkpoint.size)
  if (checkConsistency(before, { size: checkpoint.size, root }, proof)) return []
  return [{ kind: 'tampered', file: logNames.lines, detail: `does not begin with the records of ${name}` }]
}

const keptName = /^records(?:-[0-9]+)?\.ndjson\.(?:torn|damaged)-[0-9]+$/

function notesOf(paths: readonly string[], segments: readonly number[], lines: ReadLines): readonly string[] {
  const { lines: linesName, tree } = logNames
  const own = new Set([`${linesName}.lock`, witnessedName, ...segments.map((first) => segmentPath(linesName, first))])
  const unknown = paths.filter((path) => {
    const below = path.startsWith(`${tree}/`) ? path.slice(tree.length + 1) : undefined
    if (below === undefined) return !own.has(path) && !keptName.test(path)
    return below !== checkpointPath && !below.startsWith(`${stagedFolder}/`) && readTilePath(below) === undefined
  })
  const last = segmentPath(linesName, segments.at(-1) ?? 0)
  return [
    ...unknown.map((path) => `${path}: belongs to no log, and was not verified`),
    ...(lines.torn > 0 ? [`${last}: ${lines.torn} bytes after the last whole line were never acknowledged`] : []),
  ]
}

const filesBelow = (folder: string): readonly string[] =>
  (existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [])
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, '/').length))
    .sort()
