import { join } from 'node:path'
import { replaceFile } from '../replace-file.ts'
import { nodeTreeFiles } from '../tree/node-tree-files.ts'
import type { NoteVerifier } from '../tree/note-key.ts'
import { readTileFile } from '../tree/read-tile-file.ts'
import { tilePath } from '../tree/tile-path.ts'
import { logNames, readFolderCheckpoint } from './read-log-files.ts'
import type { LogProblem } from './report.ts'
import { leavesOfLog } from './verify-log.ts'
import { neededTiles } from './verify-tiles.ts'

/** The outcome of healing: the tiles that were made again, by their paths in the folder of the log. */
export type HealedTree =
  | { readonly ok: true; readonly healed: readonly string[] }
  | { readonly ok: false; readonly problem: LogProblem }

/**
 * Makes tiles again that are missing or damaged, of the lines of the log; only where these lines are what was signed for, so
 * that nothing can be healed into the tree that was not in it. The log may be in use: each tile takes its place whole, and
 * is what the process would have written.
 */
export function healTree(folder: string, verifier: NoteVerifier): HealedTree {
  const { leaves, keys } = leavesOfLog(folder, verifier)
  const opened = readFolderCheckpoint(folder, keys)
  if (!opened.ok) return opened
  const { size, root } = opened.checkpoint
  const wrong = (detail: string): HealedTree => ({
    ok: false,
    problem: { kind: 'tampered', file: logNames.lines, detail },
  })
  if (size > leaves.count())
    return wrong(`has ${leaves.count()} whole lines, and ${size} records are under the checkpoint`)
  if (leaves.root(size) !== root)
    return wrong('is not what was signed for, so its tree cannot be made of it: verify it')
  const healed: string[] = []
  const place = join(folder, logNames.tree)
  for (const tile of neededTiles(size)) {
    const expected = leaves.tile(tile)
    const path = tilePath(tile)
    if (!expected || readTileFile(place, tile, nodeTreeFiles)?.equals(expected)) continue
    replaceFile(join(place, path), expected)
    healed.push(`${logNames.tree}/${path}`)
  }
  return { ok: true, healed }
}
