import {
  createWasmReader,
  ifModule,
  readImports,
  readSections,
  wasmPreamble,
  type WasmSection,
  wasmSections,
} from './wasm-reader.ts'

// A copy of a compiled policy in which each rule says that it was called. The compiler names every function of a rule
// `g0.data.PACKAGE.RULE`; each is given a global of its own, set at its beginning. Nothing else moves: globals and exports are
// added behind the others, so that no index changes (WebAssembly core 5.5).

/** The copy, and the rules it tells of: rule `i` was called where the exported global `globalOfRule(i)` is 1. */
export interface CoveredModule {
  readonly wasm: Uint8Array<ArrayBuffer>
  readonly rules: readonly string[]
}

export const globalOfRule = (i: number): string => `sallyport_rule_${i}`

const i32 = 0x7f
const mutable = 1
const i32Const = 0x41
const globalSet = 0x24
const end = 0x0b
const globalExport = 3

/** Makes the copy; `undefined` for a module that this compiler did not write, or that names no rules. */
export const coverRules = (wasm: Uint8Array): CoveredModule | undefined =>
  ifModule(() => {
    const sections = readSections(wasm)
    const rules = namesOf(sections)
    const functions = readImports(bodyOf(sections, wasmSections.imports)).functions
    const ofRules = [...rules].filter(([, name]) => name.startsWith(rulePrefix)).sort(([a], [b]) => a - b)
    if (ofRules.length === 0) return undefined
    const firstGlobal = createWasmReader(bodyOf(sections, wasmSections.globals)).number()
    const prologues = new Map(
      ofRules.map(([index], i) => [index - functions, [i32Const, 1, globalSet, ...leb(firstGlobal + i)]]),
    )
    const pieces = sections.map(({ id, body }) => {
      if (id === wasmSections.globals)
        return section(
          id,
          grown(
            body,
            ofRules.map(() => [i32, mutable, i32Const, 0, end]),
          ),
        )
      if (id === wasmSections.exports)
        return section(
          id,
          grown(
            body,
            ofRules.map((_, i) => exportOf(i, firstGlobal + i)),
          ),
        )
      if (id === wasmSections.code) return section(id, withPrologues(body, prologues))
      return section(id, body)
    })
    return {
      wasm: concat([wasm.subarray(0, wasmPreamble), ...pieces]),
      rules: ofRules.map(([, name]) => name.slice(rulePrefix.length)),
    }
  })

const rulePrefix = 'g0.'

function bodyOf(sections: readonly WasmSection[], id: number): Uint8Array {
  const found = sections.find((each) => each.id === id)
  if (!found) throw new RangeError('a section is missing')
  return found.body
}

/** Functions by index, as the custom section `name` has them. */
function namesOf(sections: readonly WasmSection[]): ReadonlyMap<number, string> {
  const names = new Map<number, string>()
  for (const { id, body } of sections) {
    if (id !== wasmSections.custom) continue
    const reader = createWasmReader(body)
    if (reader.text() !== 'name') continue
    while (!reader.atEnd()) {
      const kind = reader.byte()
      const part = createWasmReader(reader.bytes(reader.number()))
      if (kind !== 1) continue // functions
      for (let left = part.number(); left > 0; left--) names.set(part.number(), part.text())
    }
  }
  return names
}

/** A vector with more items behind it. */
function grown(body: Uint8Array, items: readonly (readonly number[])[]): Uint8Array {
  const reader = createWasmReader(body)
  const count = reader.number()
  return concat([leb(count + items.length), body.subarray(reader.at()), ...items])
}

function withPrologues(body: Uint8Array, prologues: ReadonlyMap<number, readonly number[]>): Uint8Array {
  const reader = createWasmReader(body)
  const count = reader.number()
  const bodies = Array.from({ length: count }, (_, i) => {
    const code = reader.bytes(reader.number())
    const prologue = prologues.get(i) ?? []
    const locals = createWasmReader(code)
    for (let groups = locals.number(); groups > 0; groups--) {
      locals.number()
      locals.byte()
    }
    const at = locals.at()
    return concat([leb(code.length + prologue.length), code.subarray(0, at), prologue, code.subarray(at)])
  })
  return concat([leb(count), ...bodies])
}

function exportOf(i: number, global: number): readonly number[] {
  const name = [...new TextEncoder().encode(globalOfRule(i))]
  return [...leb(name.length), ...name, globalExport, ...leb(global)]
}

const section = (id: number, body: Uint8Array): Uint8Array => concat([[id], leb(body.length), body])

function leb(value: number): readonly number[] {
  const low = value & 0x7f
  const rest = value >>> 7
  return rest === 0 ? [low] : [low | 0x80, ...leb(rest)]
}

function concat(pieces: readonly (Uint8Array | readonly number[])[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
