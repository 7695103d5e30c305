import { join } from 'node:path'
import { type Checkpoint, openCheckpoint } from './checkpoint.ts'
import type { NoteVerifier } from './note-key.ts'
import type { TreeFiles } from './tree-files.ts'

/**
 * - `log`: the first segment of the log whose lines are the leaves. `folder`: what is published.
 * - `signed`: the file with the newest checkpoint that the key signed; it stands with the key, not with what it guards.
 */
export interface TreePlaces {
  readonly log: string
  readonly folder: string
  readonly signed: string
}

/** Where the newest checkpoint is published (C2SP tlog-tiles, Checkpoints). */
export const checkpointPath = 'checkpoint'

/** The newest checkpoint that was signed. It may not be published yet; none that is published may be newer. */
export function lastSigned(
  { folder, signed }: TreePlaces,
  keys: readonly NoteVerifier[],
  files: TreeFiles,
): Checkpoint | undefined {
  const open = (path: string) => {
    const note = files.read(path)
    if (!note) return undefined
    const opened = keys.map((key) => openCheckpoint(note, key))
    const good = opened.find(({ ok }) => ok)
    if (good?.ok) return good.checkpoint
    const fault = opened.map((each) => (each.ok ? '' : each.fault)).find((each) => each !== 'unsigned') ?? 'unsigned'
    throw new Error(`${path} is no checkpoint of this key (${fault}): bring back the key, or the file`)
  }
  const published = open(join(folder, checkpointPath))
  const last = open(signed)
  if (published && (last?.size ?? -1) < published.size)
    throw new Error(`the newest checkpoint is not in ${signed}: bring back that file, which is older or missing`)
  return last
}
