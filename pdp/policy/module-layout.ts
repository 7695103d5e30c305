/** Where a module's static data ends and the memory it declares, both in bytes. */
export interface ModuleLayout {
  readonly dataEnd: number
  readonly declared: number
}

const IMPORT_SECTION = 2
const DATA_SECTION = 11
const I32_CONST = 0x41
const END = 0x0b
const PAGE = 65_536

/**
 * Reads the layout out of the binary (WebAssembly core 5.5.5, 5.5.14). The declared minimum alone is not enough: OPA's
 * compiler writes it before it appends its tables to the data. Undefined if the binary is not of the form that this
 * compiler writes, such as data at a computed offset.
 */
export function readModuleLayout(wasm: Uint8Array): ModuleLayout | undefined {
  const reader = createReader(wasm)
  reader.skip(8) // magic and version, which the engine checked
  let dataEnd = 0
  let declared = 0
  while (!reader.atEnd()) {
    const section = reader.byte()
    const end = reader.number() + reader.at()
    if (section === IMPORT_SECTION) declared = readDeclaredMemory(reader)
    if (section === DATA_SECTION) dataEnd = readDataEnd(reader)
    if (Number.isNaN(declared) || Number.isNaN(dataEnd)) return undefined
    reader.skip(end - reader.at())
  }
  return reader.at() === wasm.length ? { dataEnd, declared } : undefined
}

type Reader = ReturnType<typeof createReader>

/** Reads past the end answer NaN, which every caller refuses. */
function createReader(bytes: Uint8Array) {
  let at = 0
  const byte = (): number => bytes[at++] ?? Number.NaN
  function number(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const next = byte() // LEB128: seven bits a byte, the lowest first
      value += (next & 0x7f) * factor
      if (Number.isNaN(next)) return Number.NaN
      if (next < 0x80) return value
    }
  }
  return {
    byte,
    number,
    at: () => at,
    atEnd: () => !(at < bytes.length),
    skip: (count: number) => {
      at += count
    },
  }
}

function readDataEnd(reader: Reader): number {
  let end = 0
  for (let segments = reader.number(); segments > 0; segments--) {
    if (reader.byte() !== 0 || reader.byte() !== I32_CONST) return Number.NaN // active, memory 0, constant offset
    const offset = reader.number() // below 2 GiB, so the sign bit of the signed form is never set
    if (reader.byte() !== END) return Number.NaN
    const length = reader.number()
    reader.skip(length)
    end = Math.max(end, offset + length)
  }
  return end
}

function readDeclaredMemory(reader: Reader): number {
  let pages = 0
  for (let imports = reader.number(); imports > 0; imports--) {
    reader.skip(reader.number()) // module
    reader.skip(reader.number()) // name
    const kind = reader.byte()
    if (kind === 0)
      reader.number() // a function: its type
    else if (kind === 2) pages = readLimits(reader)
    else return Number.NaN // tables, globals: OPA imports none
  }
  return pages * PAGE
}

function readLimits(reader: Reader): number {
  const bounded = reader.byte() === 1
  const minimum = reader.number()
  if (bounded) reader.number()
  return minimum
}
