/** A bounded map that keeps what is used. */
export interface Recent<Value> {
  get(key: string): Value | undefined
  put(key: string, value: Value, weight: number): void
}

interface Entry<Value> {
  readonly key: string
  readonly value: Value
  readonly weight: number
}

/**
 * Makes an empty map that holds `room` at most, by the weights of its entries. Two generations: when the younger holds
 * half of the room, the older is dropped whole and the younger takes its place. An entry that is read moves to the
 * younger. So a read costs one or two look-ups and no list is kept in order.
 */
export function createRecent<Value>(room: number): Recent<Value> {
  const half = room / 2
  let young = new Map<string, Entry<Value>>()
  let old = new Map<string, Entry<Value>>()
  let weight = 0

  function keep(entry: Entry<Value>): void {
    if (entry.weight > half || young.has(entry.key)) return
    if (weight + entry.weight > half) {
      old = young
      young = new Map()
      weight = 0
    }
    weight += entry.weight
    young.set(entry.key, entry)
  }

  return {
    get(key) {
      const fresh = young.get(key)
      if (fresh) return fresh.value
      const entry = old.get(key)
      if (entry) keep(entry) // under its own key, not the reader's equal one, which may be a slice of a whole request
      return entry?.value
    },
    put: (key, value, weight) => keep({ key, value, weight }),
  }
}
