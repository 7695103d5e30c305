import { Worker } from 'node:worker_threads'
import type { ServeAnswer, ServeQuestion, ServeTask } from './serve-messages.ts'
import type { ServedFile } from './serve-tree.ts'
import type { TreePlaces } from './signed-checkpoint.ts'

/** Reads what a log serves, in a thread of its own that lives while it is asked. */
export interface ServeThread {
  /** As `createTreeReader` answers. Rejects where the log cannot be read. */
  read(path: string): Promise<ServedFile | undefined>
  close(): Promise<void>
}

const idleMs = 10_000
const maximumWaiting = 256

/** `size`: how many records are under the newest checkpoint. */
export function createServeThread(places: TreePlaces, size: () => number): ServeThread {
  const waiting = new Map<number, PromiseWithResolvers<ServedFile | undefined>>()
  let worker: Worker | undefined
  let idle: NodeJS.Timeout | undefined
  let asked = 0
  let closed = false

  function fail(reason: string): void {
    worker = undefined
    for (const { reject } of waiting.values()) reject(new Error(reason))
    waiting.clear()
  }

  function start(): Worker {
    const task: ServeTask = { places }
    const started = new Worker(new URL(entry, import.meta.url), { workerData: task })
    const ended = (reason: string) => {
      if (worker === started) fail(reason)
    }
    started
      .on('message', ({ n, file, failed }: ServeAnswer) => {
        if (failed === undefined) waiting.get(n)?.resolve(file)
        else waiting.get(n)?.reject(new Error(failed))
        waiting.delete(n)
      })
      .on('error', (error: unknown) => ended(error instanceof Error ? error.message : 'an unknown fault'))
      .on('exit', () => ended('the thread that serves the log ended'))
    started.unref() // whoever asked holds the process, by its connection
    return started
  }

  async function end(): Promise<void> {
    const ending = worker
    fail('the log is not served any more')
    await ending?.terminate()
  }

  return {
    async read(path) {
      if (closed || waiting.size >= maximumWaiting) throw new Error('the log is not served now')
      clearTimeout(idle)
      idle = setTimeout(() => waiting.size === 0 && void end(), idleMs)
      idle.unref()
      const answer = Promise.withResolvers<ServedFile | undefined>()
      const question: ServeQuestion = { n: asked++, path, size: size() }
      waiting.set(question.n, answer)
      worker ??= start()
      worker.postMessage(question)
      return answer.promise
    },
    async close() {
      closed = true
      clearTimeout(idle)
      await end()
    },
  }
}

// built, this file ends in .js, and so does its neighbour
const entry = import.meta.url.endsWith('.ts') ? './serve-worker.ts' : './serve-worker.js'
