import { isAnything, isObject, isString, listOf, mapOf, shapeOf } from './guards.ts'
import type { RegoSources, Verb } from './verb.ts'

export interface CompileRequest extends RegoSources {
  /** Paths such as `orders/decision`. Their order is that of the entrypoint ids. */
  readonly entrypoints: readonly string[]
  /** The base documents of the bundle; refused where a rule stands at the same path. */
  readonly data?: Readonly<Record<string, unknown>>
  /** The paths that the bundle will own; packages and data outside are refused. Absent: everything. */
  readonly roots?: readonly string[]
  readonly revision?: string
  /** Also answer the plan (OPA's intermediate representation) of the same build. */
  readonly plan?: boolean
  /** Keep `print` calls, which then need the host builtin `internal.print`. Absent: they are erased. */
  readonly enablePrint?: boolean
}

export interface Compiled {
  /** The module, with OPA's WASM ABI; the same bytes for the same request, anywhere. */
  readonly wasm: Uint8Array
  /** Names in the order of their ids: `entrypoints[0]` has id 0. */
  readonly entrypoints: readonly string[]
  /** All functions that the plan calls, sorted. */
  readonly builtins: readonly string[]
  /** Those of `builtins` that the host must bring, sorted. */
  readonly hostBuiltins: readonly string[]
  /** The bundle's `.manifest`: revision, roots, wasm with annotations, rego_version. */
  readonly manifest: Readonly<Record<string, unknown>>
  /** The Rego that the bundle carries beside `/policy.wasm`: the modules without the entrypoints' rules. */
  readonly modules: Readonly<Record<string, string>>
  /** OPA's plan as JSON; undefined unless asked for. */
  readonly plan: unknown
}

type Wire = Omit<Compiled, 'wasm'> & { readonly wasm: string }

const isWire = shapeOf<Wire>({
  wasm: isString,
  entrypoints: listOf(isString),
  builtins: listOf(isString),
  hostBuiltins: listOf(isString),
  manifest: isObject,
  modules: mapOf(isString),
  plan: isAnything,
})

/** Rego to one policy.wasm. */
export const compile: Verb<CompileRequest, Compiled> = {
  name: 'compile',
  write: (request) => request,
  read(value) {
    if (!isWire(value)) return undefined
    return { ...value, plan: value.plan, wasm: new Uint8Array(Buffer.from(value.wasm, 'base64')) }
  },
}
