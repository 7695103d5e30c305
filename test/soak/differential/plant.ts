/** A module with one instruction changed, and where. */
export interface Planted {
  readonly wasm: Uint8Array<ArrayBuffer>
  readonly offset: number
  readonly change: string
}

/** Instructions and others of the same type that mean something else. */
const swaps: ReadonlyMap<number, { readonly to: number; readonly change: string }> = new Map([
  [0x46, { to: 0x47, change: 'i32.eq to i32.ne' }],
  [0x47, { to: 0x46, change: 'i32.ne to i32.eq' }],
  [0x45, { to: 0x67, change: 'i32.eqz to i32.clz' }],
])

/**
 * Changes one instruction of the module's code so that `differs` says a decision is another; undefined if no change
 * does. The last functions are tried first: the policy's own stand behind those that all modules share.
 */
export async function plant(
  wasm: Uint8Array<ArrayBuffer>,
  differs: (planted: Uint8Array<ArrayBuffer>) => Promise<boolean>,
): Promise<Planted | undefined> {
  for (const { start, end } of functionsOf(wasm).toReversed()) {
    for (let offset = start; offset < end; offset++) {
      const swap = swaps.get(wasm[offset] ?? 0)
      if (!swap) continue
      const changed = new Uint8Array(wasm)
      changed[offset] = swap.to
      if (WebAssembly.validate(changed) && (await differs(changed)))
        return { wasm: changed, offset, change: swap.change }
    }
  }
  return undefined
}

interface Range {
  readonly start: number
  readonly end: number
}

const codeSection = 10

/** The bodies of the functions, in their order. */
function functionsOf(wasm: Uint8Array): readonly Range[] {
  for (let at = 8; at < wasm.length; ) {
    const id = wasm[at]
    const size = readUnsigned(wasm, at + 1)
    if (id === codeSection) return bodiesOf(wasm, size.end)
    at = size.end + size.value
  }
  return []
}

function bodiesOf(wasm: Uint8Array, start: number): readonly Range[] {
  const count = readUnsigned(wasm, start)
  const bodies: Range[] = []
  let at = count.end
  for (let i = 0; i < count.value; i++) {
    const size = readUnsigned(wasm, at)
    at = size.end + size.value
    bodies.push({ start: size.end, end: at })
  }
  return bodies
}

/** LEB128, as WebAssembly writes lengths. */
function readUnsigned(wasm: Uint8Array, start: number): { readonly value: number; readonly end: number } {
  let [value, factor, at] = [0, 1, start]
  for (;;) {
    const byte = wasm[at++] ?? 0
    value += (byte & 0x7f) * factor
    if (byte < 0x80) return { value, end: at }
    factor *= 128
  }
}
