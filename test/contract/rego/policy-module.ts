/** What a compiled policy says of itself, through OPA's WASM ABI: names by id. */
export interface PolicyModule {
  readonly entrypoints: Readonly<Record<string, number>>
  readonly builtins: Readonly<Record<string, number>>
}

/** Instantiates a policy without host builtins, only to ask it. */
export function inspectPolicy(wasm: Uint8Array): PolicyModule {
  const module = new WebAssembly.Module(new Uint8Array(wasm))
  const memory = new WebAssembly.Memory({ initial: 16 })
  const env = new Proxy<Record<string, unknown>>(
    { memory },
    { get: (has, name) => Reflect.get(has, name) ?? (() => 0) },
  )
  const { exports } = new WebAssembly.Instance(module, { env })

  function call(name: string, ...args: readonly number[]): number {
    const exported = exports[name]
    if (typeof exported !== 'function') throw new Error(`policy exports no ${name}`)
    return Number(Reflect.apply(exported, undefined, args))
  }

  function read(name: string): Record<string, number> {
    const address = call('opa_json_dump', call(name))
    const bytes = new Uint8Array(memory.buffer, address)
    const answer: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0))))
    return Object.fromEntries(Object.entries(Object(answer)).map(([key, id]) => [key, Number(id)]))
  }

  return { entrypoints: read('entrypoints'), builtins: read('builtins') }
}
