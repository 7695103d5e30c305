// The parts of a WebAssembly binary that the host looks into (WebAssembly core 5.2, 5.5).

export const wasmSections = { custom: 0, imports: 2, globals: 6, exports: 7, code: 10, data: 11 } as const

/** Magic and version, before the sections. */
export const wasmPreamble = 8

/** Reads bytes in order. What is not there, or no number, throws a `RangeError`. */
export interface WasmReader {
  byte(): number
  /** LEB128, unsigned, at most 32 bits. */
  number(): number
  bytes(length: number): Uint8Array
  /** A length and as many bytes of UTF-8. */
  text(): string
  at(): number
  atEnd(): boolean
}

export interface WasmSection {
  readonly id: number
  readonly body: Uint8Array
}

export function createWasmReader(bytes: Uint8Array): WasmReader {
  let at = 0
  const byte = (): number => {
    const next = bytes[at++]
    if (next === undefined) throw new RangeError('the module ends early')
    return next
  }
  function number(): number {
    let value = 0
    for (let factor = 1; factor < 2 ** 35; factor *= 128) {
      const next = byte() // seven bits a byte, the lowest first
      value += (next & 0x7f) * factor
      if (next < 0x80) return value
    }
    throw new RangeError('a number is too long')
  }
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new RangeError('the module ends early')
    at += length
    return bytes.subarray(at - length, at)
  }
  return {
    byte,
    number,
    bytes: take,
    text: () => new TextDecoder().decode(take(number())),
    at: () => at,
    atEnd: () => at >= bytes.length,
  }
}

/** The sections, in their order. Throws a `RangeError` for what is cut off. */
export function readSections(wasm: Uint8Array): readonly WasmSection[] {
  const reader = createWasmReader(wasm.subarray(wasmPreamble))
  const sections: WasmSection[] = []
  while (!reader.atEnd()) {
    const id = reader.byte()
    sections.push({ id, body: reader.bytes(reader.number()) })
  }
  return sections
}

const pageBytes = 65_536

/** How many functions a module imports, and the bytes of memory it declares. OPA's import nothing else: that throws a `RangeError`. */
export function readImports(body: Uint8Array): { readonly functions: number; readonly memory: number } {
  const reader = createWasmReader(body)
  let [functions, pages] = [0, 0]
  for (let left = reader.number(); left > 0; left--) {
    reader.bytes(reader.number()) // module
    reader.bytes(reader.number()) // name
    const kind = reader.byte()
    if (kind === 0) {
      functions++
      reader.number() // its type
    } else if (kind === 2) pages = readLimits(reader)
    else throw new RangeError('an import of another kind') // tables, globals
  }
  return { functions, memory: pages * pageBytes }
}

function readLimits(reader: WasmReader): number {
  const bounded = reader.byte() === 1
  const minimum = reader.number()
  if (bounded) reader.number()
  return minimum
}

/** What `read` answers, or `undefined` where it met bytes that are no module of the expected form. */
export function ifModule<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
