// Node has WebAssembly, but its types come with the DOM library, which would make every browser global look available.
// These are the parts that this project uses.
declare namespace WebAssembly {
  class Module {
    constructor(bytes: ArrayBufferView<ArrayBuffer> | ArrayBuffer)
    static imports(module: Module): { module: string; name: string; kind: string }[]
    static exports(module: Module): { name: string; kind: string }[]
  }

  class Instance {
    constructor(module: Module, imports?: object)
    readonly exports: Readonly<Record<string, unknown>>
  }

  class Memory {
    constructor(size: { initial: number; maximum?: number; shared?: boolean })
    readonly buffer: ArrayBuffer
    grow(pages: number): number
  }

  class RuntimeError extends Error {}

  function compile(bytes: ArrayBufferView<ArrayBuffer> | ArrayBuffer): Promise<Module>
  function validate(bytes: ArrayBufferView<ArrayBuffer> | ArrayBuffer): boolean
}
