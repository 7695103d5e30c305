import type { RevocationChange } from '../../pdp/revocation/change.ts'
import type { RevocationExchange } from '../../pdp/revocation/exchange.ts'

/** What a fleet shares, in this process: with the faults that Redis has. */
export interface SharedChanges {
  /** The exchange of one instance. `before` runs, and may wait or throw, before each command takes effect. */
  connect(before?: () => Promise<void> | void): RevocationExchange
  /** Loses everything after the first `left`, as a failover may. */
  lose(left: number): void
  entries(): readonly { readonly epoch: number; readonly change: RevocationChange }[]
}

export function createSharedChanges(): SharedChanges {
  let entries: { readonly epoch: number; readonly change: RevocationChange }[] = []
  let memory = 1
  const listeners = new Set<() => void>()
  return {
    connect: (before = () => undefined) => ({
      async read({ memory: readFrom, epoch, mark, size }) {
        await before()
        const isThere = mark === '' || entries.some((one) => one.epoch === epoch && one.change.id === mark)
        const continues = isThere && (readFrom === '' || readFrom === String(memory))
        const after = entries.filter((one) => one.epoch > epoch)
        const last = after.at(-1)
        return {
          continues: continues && size + after.length === entries.length,
          changes: after.map(({ change }) => change),
          position: {
            memory: String(memory),
            epoch: last?.epoch ?? epoch,
            mark: last?.change.id ?? mark,
            size: entries.length,
          },
        }
      },
      async append(changes, floor) {
        await before()
        let epoch = Math.max(floor, entries.at(-1)?.epoch ?? 0)
        for (const change of changes) {
          if (entries.every((one) => one.change.id !== change.id)) entries.push({ epoch: ++epoch, change })
        }
        for (const listener of listeners) listener()
        return epoch
      },
      async remove(changes) {
        await before()
        const gone = new Set(changes.map(({ id }) => id))
        entries = entries.filter(({ change }) => !gone.has(change.id))
      },
      onAdded(run) {
        listeners.add(run)
        return () => listeners.delete(run)
      },
    }),
    lose(left) {
      entries = entries.slice(0, left)
      memory++
    },
    entries: () => entries,
  }
}
