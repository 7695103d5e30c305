import { type Clause, clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { abiClauses, abiFault, abiOf, type Exports, exportsOf, globalOf, type PolicyModule } from './abi.ts'
import type { Builtin } from './builtins/builtin.ts'
import { refusedBuiltins } from './builtins/refused.ts'
import type { EvaluationContext } from './evaluation-context.ts'
import { createBuiltinDispatch } from './host-builtins.ts'
import { createModuleMemory, type MemoryLimits, type ModuleMemory } from './module-memory.ts'
import { readValue } from './read-value.ts'
import { isObjectValue } from './value.ts'

export const instanceClauses = clauses({
  start: 'policy-instance-start',
  builtin: 'policy-builtin-known',
  data: 'policy-instance-data',
})

/** How an evaluation ended: with the text of its result, or not at all. `message` is the module's own. */
export type Outcome =
  | { readonly kind: 'result'; readonly text: string }
  | { readonly kind: 'abort' | 'trap'; readonly message: string }

/**
 * One instance of a policy with its data. Not re-entrant. After an outcome that is no result it must be restarted before
 * it evaluates again: its stack pointer is not where it was, and that is out of the host's reach.
 */
export interface Instance {
  readonly entrypoints: ReadonlyMap<string, number>
  /** The version of the ABI it was built for, such as 1.3, and the builtins that it asks the host for. */
  readonly abi: string
  readonly builtins: readonly string[]
  /** Whether the module calls builtins that depend on the decision. */
  readonly needsContext: boolean
  /**
   * `input` is well-formed JSON text within the limit; the empty text is no input. Builtins that depend on the decision
   * are undefined without a context. Never throws.
   */
  evaluate(entrypoint: number, input: string, context?: EvaluationContext): Outcome
  /** Starts the module anew on the same memory, where the parsed data stays. False if that failed; it may be tried again. */
  restart(): boolean
  /** Bytes of its memory. */
  size(): number
  /** The number in a global that the module exports, since it was started. */
  global(name: string): number | undefined
}

class AbortError extends Error {
  override readonly name = 'AbortError'
}

/**
 * Instantiates a module and parses `data`, well-formed JSON text, into it; the empty text is no data at all. Refuses
 * (POLICY_ERROR) what cannot run.
 */
export function startInstance(
  policy: PolicyModule,
  data: string,
  builtins: readonly Builtin[],
  limits: MemoryLimits,
): Result<Instance> {
  const bad = (clause: Clause, detail: string) => refuse('POLICY_ERROR', clause, detail)
  const dataLength = Buffer.byteLength(data)
  const reserved = createModuleMemory(policy.layout, dataLength, limits)
  if (!reserved) return bad(instanceClauses.data, 'data is too large for one instance; split the bundle')
  const linked = link(policy, reserved)
  if (!linked) return bad(instanceClauses.start, 'policy.wasm does not start')
  const [memory, started] = [reserved, linked] // narrowed also for the functions below
  const version = abiFault(started.instance)
  if (version) return bad(abiClauses.version, version)

  const heapStart = started.exports().opa_heap_ptr_get() >>> 0
  const needed = readIds(started.dump(started.exports().builtins()))
  const entrypoints = readIds(started.dump(started.exports().entrypoints()))
  const missing = [...needed.keys()].filter((name) => !builtins.some((builtin) => builtin.name === name))
  if (missing.length > 0) return bad(instanceClauses.builtin, whyMissing(missing))
  started.bind(needed, builtins)

  const dataAddress = data === '' ? noData : parseData(started.exports(), memory, data, heapStart, dataLength)
  const inputAddress = align(started.exports().opa_heap_ptr_get() >>> 0)
  if (dataAddress === undefined || !memory.reach(inputAddress + limits.input + headroom))
    return bad(instanceClauses.data, 'data does not fit into the memory of an instance')

  function restart(): boolean {
    memory.clear(heapStart) // as a fresh memory would be: static variables are zero before the start function
    return started.again() && started.exports().opa_heap_ptr_get() >>> 0 === heapStart
  }
  // The module keeps its own count of the memory; it learns what the host added only by starting again.
  if (!restart()) return bad(instanceClauses.start, 'policy.wasm does not start twice')

  return ok({
    entrypoints,
    abi: abiOf(started.instance),
    builtins: [...needed.keys()].sort(),
    needsContext: builtins.some(({ name, callIn }) => callIn !== undefined && needed.has(name)),
    evaluate(entrypoint, input, context) {
      started.within(context)
      try {
        const length = memory.write(input, inputAddress, limits.input)
        const heap = align(inputAddress + length)
        const address = started.exports().opa_eval(0, entrypoint, dataAddress, inputAddress, length, heap, 1)
        const text = memory.textAt(address)
        return text === undefined ? { kind: 'abort', message: 'result too large' } : { kind: 'result', text }
      } catch (error) {
        if (error instanceof AbortError) return { kind: 'abort', message: error.message }
        return { kind: 'trap', message: error instanceof Error ? error.name : 'unknown' }
      }
    },
    restart,
    size: () => memory.memory.buffer.byteLength,
    global: (name) => globalOf(started.running(), name),
  })
}

const headroom = 1_048_576
const noData = 0

/** Instantiates the module with its imports; undefined if its start function fails. */
function link({ module }: PolicyModule, memory: ModuleMemory) {
  let byId: ReadonlyMap<number, Builtin> = new Map()
  let exports: Exports
  let context: EvaluationContext | undefined
  const dump = (address: number): string => memory.textAt(exports.opa_value_dump(address)) ?? ''
  function parse(text: string): number {
    const length = Buffer.byteLength(text)
    const address = exports.opa_malloc(length) >>> 0
    memory.write(text, address, length)
    return exports.opa_value_parse(address, length)
  }
  function opa_abort(address: number): never {
    throw new AbortError(memory.textAt(address) ?? '')
  }
  const builtin = createBuiltinDispatch(
    (id) => byId.get(id),
    { dump, parse },
    () => context,
  )
  const env = {
    memory: memory.memory,
    opa_abort,
    opa_println: () => undefined,
    opa_builtin0: builtin,
    opa_builtin1: builtin,
    opa_builtin2: builtin,
    opa_builtin3: builtin,
    opa_builtin4: builtin,
  }
  function start(): WebAssembly.Instance | undefined {
    try {
      const instance = new WebAssembly.Instance(module, { env })
      exports = exportsOf(instance)
      return instance
    } catch {
      return undefined
    }
  }
  const instance = start()
  if (!instance) return undefined
  let running = instance
  return {
    instance,
    running: () => running,
    exports: () => exports,
    again() {
      const next = start()
      running = next ?? running
      return next !== undefined
    },
    dump,
    /** Of which decision the calls from now on are part. */
    within(given: EvaluationContext | undefined): void {
      context = given
    },
    bind(ids: ReadonlyMap<string, number>, builtins: readonly Builtin[]): void {
      byId = new Map(builtins.map((builtin) => [ids.get(builtin.name) ?? -1, builtin]))
    },
  }
}

/** Answers the address of the parsed data, undefined if it does not fit. */
function parseData(
  exports: Exports,
  memory: ModuleMemory,
  data: string,
  at: number,
  length: number,
): number | undefined {
  if (!memory.reach(at + length + headroom)) return undefined
  memory.write(data, at, length)
  exports.opa_heap_ptr_set(align(at + length)) // the text stays below: parsing could grow into a text above
  try {
    return exports.opa_value_parse(at, length) || undefined
  } catch {
    return undefined // out of memory, or nested deeper than the stack
  }
}

const align = (address: number): number => Math.ceil(address / 8) * 8

/** Reads `{"name": id, …}`. */
function readIds(dumped: string): ReadonlyMap<string, number> {
  const value = readValue(dumped)
  const ids = new Map<string, number>()
  if (!isObjectValue(value)) return ids
  for (const [name, id] of value.entries) if (typeof name === 'string' && typeof id === 'number') ids.set(name, id)
  return ids
}

function whyMissing(names: readonly string[]): string {
  const reasons = names.flatMap((name) => refusedBuiltins.get(name) ?? [])
  const unknown = names.filter((name) => !refusedBuiltins.has(name))
  if (unknown.length > 0) reasons.push(`the policy needs builtins that do not exist here: ${shown(unknown)}`)
  return reasons.join('; ')
}

// names come out of a file that somebody else wrote
const shown = (names: readonly string[]): string =>
  names.map((name) => (/^[\w.]{1,60}$/.test(name) ? name : 'a strange name')).join(', ')
