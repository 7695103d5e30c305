import { dirname, join } from 'node:path'
import { checkConsistency, type TreeHead } from './check-consistency.ts'
import { type Checkpoint, openCheckpoint, signCheckpoint } from './checkpoint.ts'
import { appendLeaf, copyEdge, type Edge, edgeRoot, edgeTiles, emptyEdge, lastLeaves, readEdge } from './edge.ts'
import { hashBytes } from './merkle-hash.ts'
import type { NoteSigner, NoteVerifier } from './note-key.ts'
import { proveConsistency } from './prove-consistency.ts'
import { type FileToPublish, publishFiles } from './publish-files.ts'
import { type LogPlace, type LogReader, openLogReader } from './log-reader.ts'
import { readNodesFromTiles } from './read-tiles.ts'
import { removeOldTiles } from './remove-old-tiles.ts'
import { checkpointPath, lastSigned, type TreePlaces } from './signed-checkpoint.ts'
import { subtreeRoot } from './subtree-root.ts'
import { fullWidth, type Tile, tilePath } from './tile-path.ts'
import type { TreeFiles } from './tree-files.ts'

/** How far the log is acknowledged: its first `records` lines, which never change. */
export interface Extent {
  readonly records: number
}

/** Builds the tree over a log. One thing at a time; nothing else may write to its folder. */
export interface TreeBuilder {
  /**
   * Publishes tiles and a checkpoint for the log up to `extent` and answers the newest checkpoint. Throws where that
   * cannot be done; what is published stays sound, and the next call tries again.
   */
  advance(extent: Extent): Checkpoint | undefined
  close(): void
}

/** All that a step starts from. It is replaced only when everything the step made is on the device. */
interface Position {
  readonly edge: Edge
  /** Where the next line begins; undefined before the first. */
  readonly place: LogPlace
}

/**
 * Goes on with the tree where its last signed checkpoint ends; tiles that are missing or damaged are made again from the
 * log. Throws where the log does not begin with what that checkpoint says, or where a checkpoint is not of this key.
 */
export function openTreeBuilder(
  places: TreePlaces,
  signer: NoteSigner,
  extent: Extent,
  files: TreeFiles,
  previous: readonly NoteVerifier[] = [],
): TreeBuilder {
  const read = (path: string) => files.read(join(places.folder, path))
  const log = openLogReader(places.log, files)
  const hashed = Buffer.alloc(maximumStep * hashBytes) // of the leaves of a step: texts held so long would be copied about
  let last: Checkpoint | undefined
  let position: Position | undefined // undefined: to be found out from what is on the device, as after a crash

  function recover({ records }: Extent): Position {
    last = lastSigned(places, [signer, ...previous], files)
    if (last && records < last.size) {
      throw new Error(
        `the audit log has ${records} records and its checkpoint ${last.size}: bring back the whole log, or start with another folder`,
      )
    }
    return (last && resume(log, last, read)) ?? { edge: emptyEdge(), place: { segment: 0, offset: 0 } }
  }

  /** Goes as far as `records`; whatever fails on the way leaves it to {@link recover} to find out how far it came. */
  function advance(extent: Extent): Checkpoint | undefined {
    let at = position ?? recover(extent)
    position = undefined
    const goal = Math.max(extent.records, last?.size ?? 0)
    while (at.edge.size < goal) at = step(at, extent)
    if (last && read(checkpointPath)?.toString() !== last.note) publishCheckpoint(last)
    position = at
    return last
  }

  function step({ edge, place }: Position, { records }: Extent): Position {
    const goal = last && edge.size < last.size ? last.size : records
    const range = { seq: edge.size, place, maximum: Math.min(maximumStep, goal - edge.size) }
    const next = copyEdge(edge)
    const made: FileToPublish[] = []
    const leaves = new Map<number, Buffer>() // tiles of level 0, by index
    let count = 0
    const publish = (tile: Tile, hashes: Buffer) => {
      made.push({ path: tilePath(tile), bytes: hashes })
      if (tile.level === 0) leaves.set(tile.index, hashes)
    }
    const end = log.read(range, (hash) => {
      hashed.write(hash, count++ * hashBytes, 'latin1')
      appendLeaf(next, hash, publish)
    })
    for (const { hashes, ...tile } of edgeTiles(next)) publish(tile, hashes)
    log.sync() // what is signed for is on the device
    for (let i = 0; i < count; ) {
      const seq = edge.size + i
      const [from, width] = [seq % fullWidth, Math.min(count - i, fullWidth - (seq % fullWidth))]
      const tile = leaves.get(Math.floor(seq / fullWidth))?.subarray(from * hashBytes, (from + width) * hashBytes)
      if (!tile?.equals(hashed.subarray(i * hashBytes, (i + width) * hashBytes)))
        throw new Error('a tile is not what was hashed: check memory') // what flipped in it must not be signed for
      i += width
    }
    publishFiles(files, places.folder, made)
    const head: TreeHead = { size: next.size, root: edgeRoot(next) }
    if (last && head.size <= last.size) {
      if (head.size === last.size && head.root !== last.root) throw notExtended(last)
    } else {
      const before = last
      const node = readNodesFromTiles(read, head.size)
      const proof = before ? proveConsistency(node, before.size, head.size) : []
      if (subtreeRoot(node, 0, head.size) !== head.root || (before && !checkConsistency(before, head, proof)))
        throw new Error('the tiles as published are not the tree: check memory and disk')
      last = sign(head, before)
      removeOldTiles(files, places.folder, before?.size ?? 0, head.size)
    }
    return { edge: next, place: end }
  }

  /** Signs only when everything under the signature is on the device, and publishes only what is noted as signed. */
  function sign(head: TreeHead, before: Checkpoint | undefined): Checkpoint {
    const checkpoint = signCheckpoint(head, signer)
    if (!openCheckpoint(Buffer.from(checkpoint.note), signer).ok) throw new Error('a signature cannot be verified')
    if (files.read(places.signed)?.toString() !== before?.note)
      throw new Error('something else signs for this audit log: stop it, then start anew')
    const note = Buffer.from(checkpoint.note)
    publishFiles(files, dirname(places.signed), [{ path: nameOf(places.signed), bytes: note }])
    publishCheckpoint(checkpoint)
    return checkpoint
  }

  function publishCheckpoint({ note }: Checkpoint): void {
    publishFiles(files, places.folder, [{ path: checkpointPath, bytes: Buffer.from(note) }])
  }

  try {
    // what the last checkpoint covers is there before anything is added to it
    if ((position = recover(extent)) && last) advance({ ...extent, records: last.size })
  } catch (error) {
    log.close()
    throw error
  }
  return { advance, close: () => log.close() }
}

/** Leaves under one checkpoint more than under the one before, at most: a bound on memory. */
const maximumStep = 65_536

const nameOf = (path: string): string => path.slice(dirname(path).length + 1)

/** The position at the end of a checkpoint; undefined where tiles do not give it. */
function resume(log: LogReader, last: Checkpoint, read: (path: string) => Buffer | undefined): Position | undefined {
  const edge = readEdge(read, last.size)
  if (!edge || edgeRoot(edge) !== last.root) return undefined
  const known = lastLeaves(edge)
  const seq = last.size - Math.max(1, known.length)
  let i = 0
  const place = log.read({ seq, place: log.find(seq), maximum: last.size - seq }, (hash) => {
    if (known.length > 0 && hash !== known[i++]) throw notExtended(last)
  })
  return { edge, place }
}

const notExtended = ({ size }: TreeHead): Error =>
  new Error(
    `the audit log does not begin with the ${size} records of its checkpoint: keep the folder as evidence, and start with another`,
  )
