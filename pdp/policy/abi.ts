import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { type ModuleLayout, readModuleLayout } from './module-layout.ts'

export const abiClauses = clauses({
  module: 'policy-module-wasm',
  exports: 'policy-module-exports',
  imports: 'policy-module-imports',
  version: 'policy-module-abi-version',
})

/** The exports of OPA's ABI 1.2 that the host calls. Addresses are unsigned; a value may be read as signed. */
export interface Exports {
  readonly builtins: () => number
  readonly entrypoints: () => number
  readonly opa_eval: (
    reserved: 0,
    entrypoint: number,
    data: number,
    input: number,
    inputLength: number,
    heap: number,
    format: 0 | 1,
  ) => number
  readonly opa_heap_ptr_get: () => number
  readonly opa_heap_ptr_set: (address: number) => void
  readonly opa_malloc: (length: number) => number
  readonly opa_value_parse: (address: number, length: number) => number
  readonly opa_value_dump: (value: number) => number
}

const functions = [
  'builtins',
  'entrypoints',
  'opa_eval',
  'opa_heap_ptr_get',
  'opa_heap_ptr_set',
  'opa_malloc',
  'opa_value_parse',
  'opa_value_dump',
] as const satisfies readonly (keyof Exports)[]

/** Everything the host supplies under `env`. `opa_println` only modules of old compilers import. */
const supplied: Readonly<Record<string, string>> = {
  memory: 'memory',
  opa_abort: 'function',
  opa_println: 'function',
  opa_builtin0: 'function',
  opa_builtin1: 'function',
  opa_builtin2: 'function',
  opa_builtin3: 'function',
  opa_builtin4: 'function',
}

/** A module that has the shape of a compiled policy; the version is checked on an instance. */
export interface PolicyModule {
  readonly module: WebAssembly.Module
  readonly layout: ModuleLayout
}

/** Compiles the bytes. Refuses (POLICY_ERROR) what is no WebAssembly or imports or lacks what a policy must not or must. */
export async function readModule(wasm: Uint8Array<ArrayBuffer>): Promise<Result<PolicyModule>> {
  const bad = (clause: (typeof abiClauses)[keyof typeof abiClauses], detail: string) =>
    refuse('POLICY_ERROR', clause, detail)
  const module = await WebAssembly.compile(wasm).catch(() => undefined)
  const layout = module && readModuleLayout(wasm)
  if (!module || !layout) return bad(abiClauses.module, 'policy.wasm is not a WebAssembly module; build it with OPA')
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (from !== 'env' || !Object.hasOwn(supplied, name) || supplied[name] !== kind)
      return bad(abiClauses.imports, `policy.wasm imports ${shown(from)}.${shown(name)}, which no policy needs`)
  }
  const exported = new Set(WebAssembly.Module.exports(module).map(({ name, kind }) => `${kind} ${name}`))
  const missing = functions.find((name) => !exported.has(`function ${name}`))
  if (missing) return bad(abiClauses.exports, `policy.wasm exports no ${missing}; build it for ABI 1.2 or newer`)
  return ok({ module, layout })
}

/** Why the version of an instance's ABI is not spoken here, or undefined if it is: 1.2 and newer minors (additions only). */
export function abiFault(instance: WebAssembly.Instance): string | undefined {
  const major = globalOf(instance, 'opa_wasm_abi_version')
  const minor = globalOf(instance, 'opa_wasm_abi_minor_version')
  if (major === 1 && minor !== undefined && minor >= 2) return undefined
  return `policy.wasm has ABI ${abiOf(instance)}, needed is 1.2 or a newer 1.x`
}

/** The version of an instance's ABI, such as 1.3. */
export const abiOf = (instance: WebAssembly.Instance): string =>
  [globalOf(instance, 'opa_wasm_abi_version'), globalOf(instance, 'opa_wasm_abi_minor_version')]
    .map((part) => part ?? '?')
    .join('.')

/** The functions of an instance whose module {@link readModule} accepted. */
export function exportsOf(instance: WebAssembly.Instance): Exports {
  // readModule saw all of these names exported as functions; their signatures are OPA's contract
  return instance.exports as unknown as Exports
}

export function globalOf(instance: WebAssembly.Instance, name: string): number | undefined {
  const exported = instance.exports[name]
  const value = exported instanceof WebAssembly.Global ? exported.value : undefined
  return typeof value === 'number' ? value : undefined
}

// names come out of a file that somebody else wrote
const shown = (name: string): string => (/^[\w.]{1,40}$/.test(name) ? name : 'a strange name')
