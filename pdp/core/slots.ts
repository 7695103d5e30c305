/** Room for so much at once. */
export interface Slots {
  /** Takes a slot, after those who came before; answers how to give it back, or undefined at once if too many wait. */
  take(): Promise<() => void> | undefined
}

/** Makes `size` slots, for which `waiting` at most may wait. */
export function createSlots(size: number, waiting: number): Slots {
  let free = size
  const queue: (() => void)[] = []
  const giveBack = (): void => {
    const next = queue.shift()
    if (next) next()
    else free++
  }
  /** A slot is given back once, however often that is said. */
  const once = (): (() => void) => {
    let held = true
    return () => {
      if (held) giveBack()
      held = false
    }
  }
  return {
    take() {
      if (free > 0) {
        free--
        return Promise.resolve(once())
      }
      if (queue.length >= waiting) return undefined
      return new Promise((resolve) => queue.push(() => resolve(once())))
    },
  }
}
