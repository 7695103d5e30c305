/**
 * Bytes that the bodies under way of all connections may take: what is promised to single bodies beyond the window that
 * each stream begins with, and what came of all of them. A connection that asks for little has it whatever others take.
 */
export interface ReceiveBudget {
  /** The share of one connection. */
  share(): BudgetShare
}

export interface BudgetShare {
  /**
   * Asks for the rest of one body, all of it: whoever has it can finish and gives it back. `granted` is called once, now or
   * when there is room; the first of a connection always has it. Answers how to give it back, or to ask no more.
   */
  ask(bytes: number, granted: () => void): () => void
  /** Counts bytes that came and wait for the rest of their body; less than nothing once they do not any more. */
  hold(bytes: number): void
  /** Whether this connection may send no more for now. */
  isFull(): boolean
}

export interface BudgetBounds {
  readonly promised: number
  readonly held: number
  /** What each connection may hold in any case. */
  readonly heldByEach: number
}

interface Asking {
  readonly bytes: number
  readonly granted: () => void
  readonly isFirst: () => boolean
}

/** Grants in the order of asking. */
export function createReceiveBudget(bounds: BudgetBounds): ReceiveBudget {
  let promised = 0
  let held = 0
  const waiting = new Set<Asking>()
  const serve = () => {
    let isFull = false
    for (const next of waiting) {
      isFull ||= promised + next.bytes > bounds.promised
      if (isFull && !next.isFirst()) continue
      waiting.delete(next)
      promised += next.bytes
      next.granted()
    }
  }
  return {
    share() {
      let promises = 0
      let heldHere = 0
      return {
        ask(bytes, granted) {
          const one: Asking = {
            bytes,
            isFirst: () => promises === 0,
            granted() {
              promises++
              granted()
            },
          }
          waiting.add(one)
          serve()
          return () => {
            if (!waiting.delete(one)) {
              promised -= bytes
              promises--
            }
            serve()
          }
        },
        hold(bytes) {
          held += bytes
          heldHere += bytes
        },
        isFull: () => held > bounds.held && heldHere > bounds.heldByEach,
      }
    },
  }
}
