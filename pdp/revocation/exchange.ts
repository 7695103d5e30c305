import type { RevocationChange } from './change.ts'

/**
 * Up to where an instance has read what is shared: the epoch and the mark of the last entry, and how many there were.
 * `memory`: by what the very memory is known that it was read from; another one may have lost something.
 */
export interface Position {
  readonly memory: string
  readonly epoch: number
  readonly mark: string
  readonly size: number
}

export const nothingRead: Position = { memory: '', epoch: 0, mark: '', size: 0 }

/**
 * - `continues`: what stood up to the position stands there still, in the same memory. Without it the position says nothing any more, and
 *   everything is to be read from {@link nothingRead} on.
 * - `changes`: what came after it, in order; entries that nobody of the fleet wrote are left out.
 */
export interface SharedRead {
  readonly continues: boolean
  readonly changes: readonly RevocationChange[]
  readonly position: Position
}

/**
 * The changes that a fleet shares, in one order. Every method rejects where it cannot be known what became of it. What
 * stands there may be lost at any time: each instance has it too, and puts it back.
 */
export interface RevocationExchange {
  /** All that came after a position. */
  read(from: Position): Promise<SharedRead>
  /**
   * Adds changes, each once however often it is added, at epochs above `floor` and all that are there; tells every
   * instance. Answers the highest epoch.
   */
  append(changes: readonly RevocationChange[], floor: number): Promise<number>
  /** Removes changes that can have no effect any more. */
  remove(changes: readonly RevocationChange[]): Promise<void>
  /** Calls `run` when another instance may have added something. What is told is not believed: it is a reason to read. */
  onAdded(run: () => void): () => void
}
