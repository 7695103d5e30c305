import { Worker } from 'node:worker_threads'
import type { GivenArtefact, RuleCoverage } from '../core/artefact-host.ts'

/** How a call ended. */
export type Outcome =
  | { readonly kind: 'answer'; readonly bytes: Uint8Array; readonly rules?: RuleCoverage }
  | { readonly kind: 'deadline' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'crash'; readonly detail: string }

/** One request as JSON bytes, with the bundle that it may ask to evaluate. */
export interface ToolchainCall {
  readonly request: Uint8Array<ArrayBuffer>
  readonly artefact?: GivenArtefact
}

/** What the thread says: an answer, and which rules of the bundle were called for it. */
export interface ToolchainAnswer {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly rules?: RuleCoverage
}

/** What the thread is started with: the toolchain's file, and the module that opens bundles, by its URL. */
export interface ToolchainThreadData {
  readonly wasmPath: string
  readonly artefactHost?: string
}

/** A thread that answers one request at a time and is replaced when it hangs or dies. */
export interface ToolchainThread {
  /**
   * Queues a call, whose request's buffer is handed over to the thread. Never rejects. `deadlineMs` counts from when the
   * thread takes the request up, neither from when it was queued nor from when a first call started the thread.
   */
  call(call: ToolchainCall, deadlineMs: number): Promise<Outcome>
  /** Ends the thread; calls that wait, and later ones, end as `closed`. */
  close(): Promise<void>
}

// Reading and compiling 45 MB takes a fraction of a second, on a busy machine a few.
const START_LIMIT_MS = 60_000

// Rego can nest deeply, and each of Go's frames is one on this stack too.
const STACK_MB = 32

interface Running {
  readonly worker: Worker
  settle: (outcome: Outcome) => void
}

/** Nothing is started before the first call. */
export function createToolchainThread(data: ToolchainThreadData): ToolchainThread {
  let running: Running | undefined
  let closed = false
  let queue: Promise<unknown> = Promise.resolve()

  async function run(call: ToolchainCall, deadlineMs: number): Promise<Outcome> {
    if (closed) return { kind: 'closed' }
    if (running === undefined) {
      running = start()
      const started = await next(running, START_LIMIT_MS)
      if (started.kind !== 'answer') return discard(started)
    }
    running.worker.postMessage(call, [call.request.buffer])
    const outcome = await next(running, deadlineMs)
    return outcome.kind === 'answer' ? outcome : discard(outcome)
  }

  function start(): Running {
    const started: Running = { worker: spawn(data), settle: () => {} }
    started.worker
      .on('message', (answer: ToolchainAnswer) => started.settle({ kind: 'answer', ...answer }))
      .on('error', (error: unknown) =>
        started.settle({ kind: 'crash', detail: error instanceof Error ? error.message : String(error) }),
      )
      .on('exit', (code) => {
        if (running === started) running = undefined // died between two calls: the next one starts anew
        started.settle({ kind: 'crash', detail: `thread ended with code ${code}` })
      })
    return started
  }

  async function discard(outcome: Outcome): Promise<Outcome> {
    const ended = running
    running = undefined
    await ended?.worker.terminate()
    return outcome
  }

  return {
    call(call, deadlineMs) {
      const outcome = queue.then(() => run(call, deadlineMs))
      queue = outcome
      return outcome
    },
    async close() {
      closed = true
      running?.settle({ kind: 'closed' })
      await queue
      await discard({ kind: 'closed' })
    },
  }
}

function spawn(data: ToolchainThreadData): Worker {
  // Built, this file ends in .js, and so does its neighbour.
  const entry = import.meta.url.endsWith('.ts') ? './toolchain-worker.ts' : './toolchain-worker.js'
  return new Worker(new URL(entry, import.meta.url), {
    name: 'rego-toolchain',
    workerData: data,
    env: {},
    execArgv: ['--disable-warning=ExperimentalWarning'], // node:wasi says at each start that it is experimental
    resourceLimits: { stackSizeMb: STACK_MB },
  })
}

async function next(running: Running, limitMs: number): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  running.settle = resolve
  const timer = setTimeout(() => resolve({ kind: 'deadline' }), limitMs)
  const outcome = await promise
  clearTimeout(timer)
  running.settle = () => {}
  return outcome
}
