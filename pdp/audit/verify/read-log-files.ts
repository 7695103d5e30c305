import { join } from 'node:path'
import { type Checkpoint, openCheckpoint } from '../tree/checkpoint.ts'
import { nodeTreeFiles } from '../tree/node-tree-files.ts'
import type { NoteVerifier } from '../tree/note-key.ts'
import { readNodesFromTiles } from '../tree/read-tiles.ts'
import type { ReadNode } from '../tree/subtree-root.ts'
import { checkpointPath } from '../tree/tree-builder.ts'
import { checkpointFault, type LogProblem } from './report.ts'

/** The names of a log's files in its folder. */
export const logNames = { lines: 'records.ndjson', tree: 'tree' } as const

/** The name by which the checkpoint of a folder is told. */
export const checkpointName = `${logNames.tree}/${checkpointPath}`

/** The outcome of reading a checkpoint; `problem` says what is wrong with it. */
export type ReadCheckpoint =
  | { readonly ok: true; readonly checkpoint: Checkpoint }
  | { readonly ok: false; readonly problem: LogProblem }

/** Verifies a checkpoint that is told by `name`; absent bytes are a missing file. */
export function readCheckpoint(name: string, note: Uint8Array | undefined, verifier: NoteVerifier): ReadCheckpoint {
  if (!note) return { ok: false, problem: { kind: 'incomplete', file: name, detail: 'is missing' } }
  const opened = openCheckpoint(note, verifier)
  return opened.ok ? opened : { ok: false, problem: { file: name, ...checkpointFault[opened.fault] } }
}

/** Verifies the checkpoint of a folder. */
export const readFolderCheckpoint = (folder: string, verifier: NoteVerifier): ReadCheckpoint =>
  readCheckpoint(checkpointName, nodeTreeFiles.read(join(folder, checkpointName)), verifier)

/** Reads nodes of the tree from the tiles of a folder. Throws, naming the file, where one is missing or too short. */
export const nodesOf = (folder: string, size: number): ReadNode =>
  readNodesFromTiles((path) => nodeTreeFiles.read(join(folder, logNames.tree, path)), size)
