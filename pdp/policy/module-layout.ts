import { createWasmReader, ifModule, readImports, readSections, wasmSections } from './wasm-reader.ts'

/** Where a module's static data ends and the memory it declares, both in bytes. */
export interface ModuleLayout {
  readonly dataEnd: number
  readonly declared: number
}

const I32_CONST = 0x41
const END = 0x0b

/**
 * Reads the layout out of the binary (WebAssembly core 5.5.5, 5.5.14). The declared minimum alone is not enough: OPA's
 * compiler writes it before it appends its tables to the data. Undefined if the binary is not of the form that this
 * compiler writes, such as data at a computed offset.
 */
export const readModuleLayout = (wasm: Uint8Array): ModuleLayout | undefined =>
  ifModule(() => {
    let [dataEnd, declared] = [0, 0]
    for (const { id, body } of readSections(wasm)) {
      if (id === wasmSections.imports) declared = readImports(body).memory
      if (id === wasmSections.data) dataEnd = readDataEnd(body)
    }
    return { dataEnd, declared }
  })

function readDataEnd(body: Uint8Array): number {
  const reader = createWasmReader(body)
  let end = 0
  for (let segments = reader.number(); segments > 0; segments--) {
    const isActive = reader.byte() === 0 && reader.byte() === I32_CONST // memory 0, constant offset
    if (!isActive) throw new RangeError('data at no constant offset')
    const offset = reader.number() // below 2 GiB, so the sign bit of the signed form is never set
    if (reader.byte() !== END) throw new RangeError('data at a computed offset')
    const length = reader.number()
    reader.bytes(length)
    end = Math.max(end, offset + length)
  }
  return end
}
