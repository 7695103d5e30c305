import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { checkConsistency } from '../tree/check-consistency.ts'
import type { Checkpoint } from '../tree/checkpoint.ts'
import { toBase64 } from '../tree/merkle-hash.ts'
import { nodeTreeFiles } from '../tree/node-tree-files.ts'
import type { NoteVerifier } from '../tree/note-key.ts'
import { proveConsistency } from '../tree/prove-consistency.ts'
import { stagedFolder } from '../tree/publish-files.ts'
import { readTilePath } from '../tree/tile-path.ts'
import { checkpointPath } from '../tree/tree-builder.ts'
import { createLeafHashes, type LeafHashes } from './leaf-hashes.ts'
import { checkpointName, logNames, nodesOf, readCheckpoint, readFolderCheckpoint } from './read-log-files.ts'
import type { LogProblem, LogReport } from './report.ts'
import { isKept, type VerifiedLines, verifyLines } from './verify-lines.ts'
import { verifyTiles } from './verify-tiles.ts'

/**
 * - `folder`: of the log, at rest or in use. `verifier`: its key.
 * - `since`: a checkpoint that was saved before, under the name it is told by: the log must still begin with it.
 */
export interface VerifyLogOptions {
  readonly folder: string
  readonly verifier: NoteVerifier
  readonly since?: { readonly name: string; readonly note: Uint8Array }
}

/** Verifies a log offline: every line, tile and signature, and that it goes on where it was seen before. */
export function verifyLog({ folder, verifier, since }: VerifyLogOptions): LogReport {
  const { lines: linesName, tree } = logNames
  // what is published first is read first: a log in use grows meanwhile
  const opened = readFolderCheckpoint(folder, verifier)
  const checkpoint = opened.ok ? opened.checkpoint : undefined
  const problems: LogProblem[] = opened.ok ? [] : [opened.problem]
  const paths = filesBelow(folder)
  const linesPath = join(folder, linesName)
  const lines = existsSync(linesPath) ? verifyLines(linesPath, linesName, nodeTreeFiles) : noLines
  const count = lines.leaves.count()
  if (lines === noLines) problems.push({ kind: 'incomplete', file: linesName, detail: 'is missing' })
  else problems.push(...lines.problems, ...verifyKept(folder, paths, lines))
  const treeFolder = join(folder, tree)
  const inTree = paths.filter((path) => path.startsWith(`${tree}/`)).map((path) => path.slice(tree.length + 1))
  const size = checkpoint?.size ?? 0
  if (size > count) {
    const detail = `has ${count} whole lines, and ${size} records are under the checkpoint`
    problems.push({ kind: 'incomplete', file: linesName, detail })
  }
  const proved = checkpoint !== undefined && size <= count && lines.leaves.root(size) === checkpoint.root
  // where the tiles make the signed root and the lines do not, it is the lines that were changed
  const signed = checkpoint && !proved ? leavesOfTiles(folder, checkpoint) : undefined
  if (checkpoint && size <= count && !proved)
    problems.push({ kind: 'tampered', file: linesName, detail: changedLine(size, lines.leaves, signed) })
  const place = { folder: treeFolder, name: tree, paths: inTree }
  problems.push(...verifyTiles(place, signed ?? lines.leaves, size, nodeTreeFiles))
  if (since) problems.push(...verifySince(since, checkpoint, lines, verifier))
  return {
    problems,
    records: count,
    covered: Math.min(size, count),
    ...(checkpoint && { root: toBase64(checkpoint.root) }),
    gaps: lines.gaps,
    uncleanEnds: lines.uncleanEnds,
    notes: notesOf(paths, lines),
  }
}

const noLines: VerifiedLines = {
  leaves: createLeafHashes(),
  problems: [],
  gaps: [],
  uncleanEnds: [],
  kept: new Map(),
  torn: 0,
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

function changedLine(size: number, leaves: LeafHashes, signed: LeafHashes | undefined): string {
  for (let seq = 0; signed && seq < size; seq++)
    if (signed.node(0, seq) !== leaves.node(0, seq)) return `record ${seq} is not what was signed for`
  return `its first ${size} records are not what was signed for`
}

/** Torn lines that were put aside: the log tells of each, with its digest. */
const verifyKept = (folder: string, paths: readonly string[], { kept }: VerifiedLines): readonly LogProblem[] => [
  ...paths
    .filter((path) => tornName.test(path))
    .filter((path) => !isKept(nodeTreeFiles.read(join(folder, path)) ?? Buffer.alloc(0), kept.get(path)))
    .map((file): LogProblem => ({ kind: 'tampered', file, detail: 'is not the torn line that the log tells of' })),
  ...[...kept.keys()]
    .filter((name) => !paths.includes(name))
    .map((file): LogProblem => ({ kind: 'incomplete', file, detail: 'is missing' })),
]

function verifySince(
  { name, note }: NonNullable<VerifyLogOptions['since']>,
  checkpoint: Checkpoint | undefined,
  { leaves }: VerifiedLines,
  verifier: NoteVerifier,
): readonly LogProblem[] {
  const opened = readCheckpoint(name, note, verifier)
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

const tornName = /^records\.ndjson\.torn-[0-9]+$/

function notesOf(paths: readonly string[], { torn }: VerifiedLines): readonly string[] {
  const { lines, tree } = logNames
  const unknown = paths.filter((path) => {
    const below = path.startsWith(`${tree}/`) ? path.slice(tree.length + 1) : undefined
    if (below === undefined) return path !== lines && path !== `${lines}.lock` && !tornName.test(path)
    return below !== checkpointPath && !below.startsWith(`${stagedFolder}/`) && readTilePath(below) === undefined
  })
  return [
    ...unknown.map((path) => `${path}: belongs to no log, and was not verified`),
    ...(torn > 0 ? [`${lines}: ${torn} bytes after the last whole line were never acknowledged`] : []),
  ]
}

const filesBelow = (folder: string): readonly string[] =>
  (existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [])
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, '/').length))
    .sort()
