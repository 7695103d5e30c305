/** Bytes that all bodies under way may take beyond what each stream may send from the start. */
export interface ReceiveBudget {
  /**
   * Asks for the rest of one body, all of it: whoever has it can finish and gives it back. `granted` is called once, now or
   * when there is room. The first that asks always has it. Answers how to give it back, or to ask no more.
   */
  ask(bytes: number, granted: () => void): () => void
}

interface Asking {
  readonly bytes: number
  readonly granted: () => void
}

/** Grants in the order of asking. */
export function createReceiveBudget(most: number): ReceiveBudget {
  let taken = 0
  const waiting = new Set<Asking>()
  const grant = (one: Asking) => {
    waiting.delete(one)
    taken += one.bytes
    one.granted()
  }
  return {
    ask(bytes, granted) {
      const one = { bytes, granted }
      waiting.add(one)
      const serve = () => {
        for (const next of waiting) {
          if (taken > 0 && taken + next.bytes > most) return
          grant(next)
        }
      }
      serve()
      return () => {
        if (!waiting.delete(one)) taken -= bytes
        serve()
      }
    },
  }
}
