import { access } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { isRegoError, type RegoAnswer, refused } from './answer.ts'
import { type CapabilitiesRequest, type Capable, capabilities } from './capabilities.ts'
import { type Checked, type CheckRequest, check } from './check.ts'
import { type Compiled, type CompileRequest, compile } from './compile.ts'
import { type Evaluated, type EvalRequest, evaluate } from './eval.ts'
import { type Formatted, type FormatRequest, format } from './format.ts'
import { isAnything, isBoolean, listOf, shapeOf } from './guards.ts'
import { type Parsed, type ParseRequest, parse } from './parse.ts'
import { type Tested, type TestRequest, test } from './test.ts'
import { createToolchainThread, type Outcome } from './thread.ts'
import type { Verb } from './verb.ts'

export interface ToolchainOptions {
  /** The toolchain itself; absent: `build/rego.wasm` of this project. */
  readonly wasmPath?: string
  /** How long one call may run, in milliseconds; absent: 30,000. */
  readonly deadlineMs?: number
  /** The URL of a module that exports `openArtefact` ({@link OpenArtefact}), for tests against a built bundle. */
  readonly artefactHost?: string
}

export interface CallOptions {
  /** How long this call may run, in milliseconds, instead of the toolchain's own deadline. */
  readonly deadlineMs?: number
}

type Call<Request, Value> = (request: Request, options?: CallOptions) => Promise<RegoAnswer<Value>>

/**
 * OPA's own compiler and tools. Calls run one at a time in a thread of their own, in the order in which they were made.
 * No call rejects. Bad Rego is an error of the answer, and so are a request that JSON cannot hold (`bad_request`), a
 * missing toolchain (`toolchain_missing`), a call over its deadline (`deadline`; the next one gets a fresh thread) and a
 * closed toolchain (`closed`).
 */
export interface RegoToolchain {
  readonly capabilities: Call<CapabilitiesRequest, Capable>
  readonly check: Call<CheckRequest, Checked>
  readonly compile: Call<CompileRequest, Compiled>
  readonly eval: Call<EvalRequest, Evaluated>
  readonly format: Call<FormatRequest, Formatted>
  readonly parse: Call<ParseRequest, Parsed>
  readonly test: Call<TestRequest, Tested>
  /** Ends the thread, without which the process cannot exit. Calls still waiting are answered with `closed`. */
  close(): Promise<void>
}

const DEADLINE_MS = 30_000

const isErrors = listOf(isRegoError)
const isAnswer = shapeOf<{ ok: boolean; value: unknown; errors: unknown }>({
  ok: isBoolean,
  value: isAnything,
  errors: isAnything,
})

/** Nothing is read or started before the first call. */
export function createRegoToolchain(options: ToolchainOptions = {}): RegoToolchain {
  const wasmPath = options.wasmPath ?? fileURLToPath(new URL('../../build/rego.wasm', import.meta.url))
  const { artefactHost } = options
  const thread = createToolchainThread({ wasmPath, ...(artefactHost !== undefined && { artefactHost }) })

  function method<Request, Value>(verb: Verb<Request, Value>): Call<Request, Value> {
    return async (request, { deadlineMs = options.deadlineMs ?? DEADLINE_MS } = {}) => {
      if (!(await exists(wasmPath))) {
        return refused('toolchain_missing', `no Rego toolchain at \`${wasmPath}\`; run \`npm run setup\` to build it`)
      }
      const text = asJson({ ...verb.write(request), verb: verb.name })
      if (!text.ok) return text
      const artefact = verb.artefactOf?.(request)
      if (artefact && artefactHost === undefined)
        return refused('bad_request', 'tests on an artefact need artefactHost')
      const call = { request: new TextEncoder().encode(text.value), ...(artefact && { artefact }) }
      return read(verb, await thread.call(call, deadlineMs), deadlineMs)
    }
  }

  return {
    capabilities: method(capabilities),
    check: method(check),
    compile: method(compile),
    eval: method(evaluate),
    format: method(format),
    parse: method(parse),
    test: method(test),
    close: () => thread.close(),
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

function asJson(request: object): RegoAnswer<string> {
  try {
    return { ok: true, value: JSON.stringify(request) }
  } catch (error) {
    // Data and input come from the caller: they may have a cycle, a bigint or no end of depth.
    return refused('bad_request', `request cannot be written as JSON: ${String(error)}`)
  }
}

function read<Value>(verb: Verb<never, Value>, outcome: Outcome, deadlineMs: number): RegoAnswer<Value> {
  switch (outcome.kind) {
    case 'deadline':
      return refused('deadline', `\`${verb.name}\` took longer than ${deadlineMs} ms; simplify it or raise deadlineMs`)
    case 'closed':
      return refused('closed', 'toolchain is closed; create another one')
    case 'crash':
      return refused('toolchain_crashed', `toolchain died on \`${verb.name}\`: ${outcome.detail}`)
    case 'answer':
      return readAnswer(verb, outcome)
  }
}

function readAnswer<Value>(
  verb: Verb<never, Value>,
  { bytes, rules }: Extract<Outcome, { readonly kind: 'answer' }>,
): RegoAnswer<Value> {
  const answer: unknown = JSON.parse(new TextDecoder().decode(bytes))
  if (isAnswer(answer)) {
    if (!answer.ok && isErrors(answer.errors)) return { ok: false, errors: answer.errors }
    const value = answer.ok ? verb.read(answer.value, rules) : undefined
    if (value !== undefined) return { ok: true, value }
  }
  return refused(
    'toolchain_mismatch',
    `\`${verb.name}\` answered in another shape; run \`npm run setup\` to rebuild it`,
  )
}
