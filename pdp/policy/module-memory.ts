import type { ModuleLayout } from './module-layout.ts'

/** Sizes in bytes. `input` bounds one input text, `working` what evaluation may need beyond data and input. */
export interface MemoryLimits {
  readonly input: number
  readonly working: number
}

/** The memory of one instance, as text. Views of it are taken anew when it has grown, which detaches earlier ones. */
export interface ModuleMemory {
  readonly memory: WebAssembly.Memory
  /** Writes UTF-8 and answers the bytes written; what goes beyond `limit` bytes is cut. */
  write(text: string, address: number, limit: number): number
  /** The text up to the next NUL; undefined if that is longer than 1 MiB. */
  textAt(address: number): string | undefined
  /** Zeroes everything below an address. */
  clear(end: number): void
  /** Makes the memory reach at least to an address. False if it must not. */
  reach(end: number): boolean
}

const PAGE = 65_536
const maximumPages = 65_536
const usualGrowth = 13 // parsed data is about 12 times its text
const worstGrowth = 32 // many empty lists and objects
const stackAndTables = 1_048_576
const maximumText = 1_048_576

/**
 * Reserves memory for a module and `dataLength` bytes of data; undefined if 4 GiB are too few. It starts large enough
 * for data of the usual kind, since growing page by page is what loading spends its time on, and it has a maximum.
 */
export function createModuleMemory(
  layout: ModuleLayout,
  dataLength: number,
  limits: MemoryLimits,
): ModuleMemory | undefined {
  const base = Math.max(layout.dataEnd, layout.declared) + stackAndTables + limits.input
  const initial = pagesOf(base + (usualGrowth + 1) * dataLength + limits.working / 16)
  const maximum = pagesOf(base + (worstGrowth + 1) * dataLength + limits.working)
  if (initial > maximumPages) return undefined
  const memory = new WebAssembly.Memory({ initial, maximum: Math.min(maximum, maximumPages) })
  let view = Buffer.from(memory.buffer)
  const bytes = (): Buffer => {
    if (view.buffer !== memory.buffer) view = Buffer.from(memory.buffer)
    return view
  }
  return {
    memory,
    write: (text, address, limit) => bytes().write(text, address, limit),
    textAt(address) {
      const start = address >>> 0 // addresses above 2 GiB arrive as negative numbers
      const end = bytes().indexOf(0, start)
      return end < 0 || end - start > maximumText ? undefined : bytes().toString('utf8', start, end)
    },
    clear(end) {
      bytes().fill(0, 0, end)
    },
    reach(end) {
      const missing = end - memory.buffer.byteLength
      try {
        if (missing > 0) memory.grow(pagesOf(missing))
        return true
      } catch {
        return false // beyond the maximum
      }
    },
  }
}

const pagesOf = (bytes: number): number => Math.ceil(bytes / PAGE)
