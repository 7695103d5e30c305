import { type Field, staticTable } from './static-table.ts'

/** Fields that a client had kept (RFC 7541 §2.3.2), after those of the static table. */
export interface DynamicTable {
  /** The field with this index, of either table; undefined where there is none. */
  at(index: number): Field | undefined
  add(field: Field): void
  /** Makes room for so many bytes from now on. */
  resize(bytes: number): void
  /** How often it changed: indexes mean the same as long as this does not grow. */
  changes(): number
}

const overheadBytes = 32 // of each field (§4.1)

export function createDynamicTable(bytes: number): DynamicTable {
  const fields: Field[] = [] // the newest last
  let room = bytes
  let taken = 0
  let changes = 0
  const sizeOf = ([name, value]: Field) => name.length + value.length + overheadBytes
  const evict = (until: number) => {
    let gone = 0
    while (taken > until) {
      const oldest = fields[gone++]
      if (!oldest) break
      taken -= sizeOf(oldest)
    }
    fields.splice(0, gone)
  }
  return {
    at: (index) =>
      index <= staticTable.length ? staticTable[index - 1] : fields[fields.length - (index - staticTable.length)],
    add(field) {
      changes++
      const size = sizeOf(field)
      evict(Math.max(0, room - size))
      if (size > room) return // which empties the table, and is no error (§4.4)
      fields.push(field)
      taken += size
    },
    resize(next) {
      changes++
      room = next
      evict(room)
    },
    changes: () => changes,
  }
}
