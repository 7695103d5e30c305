import { WASI } from 'node:wasi'
import type { ArtefactHost } from '../core/artefact-host.ts'

/** One instance of the toolchain. */
export interface Reactor {
  /**
   * Answers one request, JSON bytes in and out. Throws only when the toolchain itself died; the instance must then not
   * be called again. `artefact` is what the request may ask to evaluate, meanwhile and on this same thread.
   */
  call(request: Uint8Array, artefact?: ArtefactHost): Uint8Array<ArrayBuffer>
  /** The size of its memory in bytes, which never shrinks. */
  size(): number
}

/** Starts an instance. Throws when the module is not the toolchain. */
export function startReactor(module: WebAssembly.Module): Reactor {
  // No files, no environment, no arguments: the toolchain sees nothing but its requests.
  const wasi = new WASI({ version: 'preview1' })
  let host: ArtefactHost | undefined
  let answered = new Uint8Array()
  const at = (address: number, length: number) => {
    const { memory } = instance.exports
    if (!(memory instanceof WebAssembly.Memory)) throw new Error('the toolchain exports no `memory`')
    return new Uint8Array(memory.buffer, address >>> 0, length)
  }
  const sallyport = {
    evaluate(address: number, length: number): number {
      if (!host) return -1
      answered = new TextEncoder().encode(host.evaluate(new TextDecoder().decode(at(address, length))))
      return answered.byteLength
    },
    read: (address: number) => at(address, answered.byteLength).set(answered),
  }
  const instance = new WebAssembly.Instance(module, { ...wasi.getImportObject(), sallyport })
  wasi.initialize(instance)
  const { memory } = instance.exports
  if (!(memory instanceof WebAssembly.Memory)) throw new Error('the toolchain exports no `memory`')
  const alloc = numeric(instance, 'alloc')
  const call = numeric(instance, 'call')
  const answer = numeric(instance, 'answer')
  return {
    call(request, artefact) {
      host = artefact
      const address = alloc(request.byteLength)
      new Uint8Array(memory.buffer, address, request.byteLength).set(request)
      const length = call(address, request.byteLength)
      // The memory may have grown during the call, which detaches every earlier view: look at it anew.
      return new Uint8Array(memory.buffer, answer(), length).slice()
    },
    size: () => memory.buffer.byteLength,
  }
}

function numeric(instance: WebAssembly.Instance, name: string): (...args: readonly number[]) => number {
  const exported = instance.exports[name]
  if (typeof exported !== 'function') throw new Error(`the toolchain exports no function \`${name}\``)
  return (...args) => {
    const result: unknown = Reflect.apply(exported, undefined, args)
    if (typeof result !== 'number') throw new Error(`the toolchain's \`${name}\` answered no number`)
    return result >>> 0 // addresses above 2 GiB arrive as negative numbers
  }
}
