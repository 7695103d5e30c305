import type { Clock } from '../core/time.ts'
import type { RevocationChange } from './change.ts'
import { type ChangeSet, createChangeSet } from './change-set.ts'
import type { Journal } from './journal.ts'

/** What an instance knows, in memory for looking up and on its disk. */
export interface RevocationStore extends Pick<ChangeSet, 'find' | 'has' | 'all' | 'inForce' | 'idsOf' | 'size'> {
  /** The highest epoch that this instance has heard of. */
  epoch(): number
  /**
   * Takes changes in; answers those that were new. They are in force at once, and on the disk when it resolves. Rejects
   * where the disk refuses: they stay in force, and are written before the next ones.
   */
  add(changes: readonly RevocationChange[], epoch: number): Promise<readonly RevocationChange[]>
  status(): StoreStatus
  close(): Promise<void>
}

/**
 * - `stored`: everything that is in force is on the disk.
 * - `damaged`: files that hold what was found damaged, until an operator removes them.
 */
export interface StoreStatus {
  readonly changes: number
  readonly stored: boolean
  readonly damaged: readonly string[]
}

const seldom = 1_000 // lines more than there is to say, before a journal is written anew

/** Makes the store over a journal that is open, or over memory alone. `forgotten` hears of what can have no effect any more. */
export function createRevocationStore(
  clock: Clock,
  journal: Journal | undefined,
  forgotten: (changes: readonly RevocationChange[]) => void = () => undefined,
): RevocationStore {
  const set = createChangeSet(clock)
  let epoch = 0
  let unsaved: RevocationChange[] = []
  let writing: Promise<unknown> = Promise.resolve()
  let pruneAt = seldom

  for (const entry of journal?.entries ?? []) {
    set.add(entry.change)
    epoch = Math.max(epoch, entry.epoch)
  }
  prune()

  function prune(): void {
    const gone = set.prune()
    if (gone.length > 0) forgotten(gone)
    pruneAt = Math.max(seldom, set.size() * 2)
  }

  async function save(file: Journal): Promise<void> {
    if (file.lines() > set.size() * 2 + seldom) {
      prune()
      const all = set.all()
      unsaved = []
      await file.rewrite(all, epoch).catch((error: unknown) => {
        unsaved = [...all, ...unsaved] // twice on the disk is once in the set
        throw error
      })
      return
    }
    const batch = unsaved
    if (batch.length === 0) return
    unsaved = []
    await file.append(batch, epoch).catch((error: unknown) => {
      unsaved = [...batch, ...unsaved]
      throw error
    })
  }

  return {
    find: set.find,
    has: set.has,
    all: set.all,
    inForce: set.inForce,
    idsOf: set.idsOf,
    size: set.size,
    epoch: () => epoch,
    async add(changes, reached) {
      epoch = Math.max(epoch, reached)
      const fresh = changes.filter(set.add)
      if (set.size() > pruneAt) prune()
      if (!journal) return fresh
      unsaved.push(...fresh)
      const saved = writing.then(() => save(journal))
      writing = saved.catch(() => undefined)
      await saved
      return fresh
    },
    status: () => ({ changes: set.size(), stored: unsaved.length === 0, damaged: journal?.damaged ?? [] }),
    async close() {
      await writing
      await journal?.close()
    },
  }
}
