import { join } from 'node:path'
import { segmentPath, segmentsAmong } from '../segments.ts'
import { type Checkpoint, type CheckpointFault, openCheckpoint } from '../tree/checkpoint.ts'
import { nodeTreeFiles } from '../tree/node-tree-files.ts'
import type { NoteVerifier } from '../tree/note-key.ts'
import { readTileFile } from '../tree/read-tile-file.ts'
import { readNodesFromTiles } from '../tree/read-tiles.ts'
import { readTilePath } from '../tree/tile-path.ts'
import type { ReadNode } from '../tree/subtree-root.ts'
import { checkpointPath } from '../tree/signed-checkpoint.ts'
import { checkpointFault, type LogProblem } from './report.ts'

/** The names of a log's files in its folder. */
export const logNames = { lines: 'records.ndjson', tree: 'tree' } as const

/** The name by which the checkpoint of a folder is told. */
export const checkpointName = `${logNames.tree}/${checkpointPath}`

/** The outcome of reading a checkpoint; `problem` says what is wrong with it. */
export type ReadCheckpoint =
  | { readonly ok: true; readonly checkpoint: Checkpoint }
  | { readonly ok: false; readonly problem: LogProblem }

/** Verifies a checkpoint that is told by `name`, by one of the keys of a log; absent bytes are a missing file. */
export function readCheckpoint(
  name: string,
  note: Uint8Array | undefined,
  keys: NoteVerifier | readonly NoteVerifier[],
): ReadCheckpoint {
  if (!note) return { ok: false, problem: { kind: 'incomplete', file: name, detail: 'is missing' } }
  let fault: CheckpointFault = 'unsigned'
  for (const verifier of [keys].flat()) {
    const opened = openCheckpoint(note, verifier)
    if (opened.ok) return opened
    if (opened.fault !== 'unsigned') fault = opened.fault
  }
  return { ok: false, problem: { file: name, ...checkpointFault[fault] } }
}

/** Verifies the checkpoint of a folder, by one of the keys of its log. */
export const readFolderCheckpoint = (folder: string, keys: readonly NoteVerifier[]): ReadCheckpoint =>
  readCheckpoint(checkpointName, nodeTreeFiles.read(join(folder, checkpointName)), keys)

/** The segments of the log in a folder, oldest first: the name of each, and its first record. */
export const segmentsOf = (folder: string): readonly { readonly name: string; readonly first: number }[] =>
  segmentsAmong(nodeTreeFiles.list(folder), logNames.lines).map((first) => ({
    name: segmentPath(logNames.lines, first),
    first,
  }))

/** Reads nodes of the tree from the tiles of a folder. Throws, naming the file, where one is missing or too short. */
export const nodesOf = (folder: string, size: number): ReadNode =>
  readNodesFromTiles((path) => {
    const tile = readTilePath(path)
    return tile && readTileFile(join(folder, logNames.tree), tile, nodeTreeFiles)
  }, size)
