import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { InstanceSource, IsolateMessage, IsolateReply, IsolateRequest, IsolateStart } from './isolate-message.ts'

/** How an evaluation ended: `deadline` and `lost` are the end of its thread too. */
export type IsolateEnd = IsolateReply | { readonly kind: 'deadline' | 'lost' }

/** Why a thread ended: stopped at a deadline, died by itself, or was told to. */
export type ThreadEnd = 'deadline' | 'lost' | 'closed'

/** A thread with an instance of a policy. Keeps the process alive only while it starts or evaluates. */
export interface IsolateThread {
  /** Whether it can evaluate; false if it ended before that. Never rejects. */
  readonly started: Promise<boolean>
  /** Resolves when the thread is gone. */
  readonly ended: Promise<ThreadEnd>
  /**
   * One at a time. What has run for `deadlineMs` without an answer is stopped with its thread; where threads have to wait
   * for a processor, after ten times that by the clock. Never rejects.
   */
  evaluate(request: IsolateRequest, deadlineMs: number): Promise<IsolateEnd>
  close(): Promise<void>
}

const MIB = 1_048_576
const patience = 10

/** Starts a thread. The bytes of the data are shared with it, the module is the compiled one. */
export function startIsolateThread(source: InstanceSource): IsolateThread {
  const { port1: port, port2 } = new MessageChannel()
  const workerData: IsolateStart = { ...source, port: port2 }
  const worker = new Worker(new URL(entry, import.meta.url), {
    name: 'policy',
    workerData,
    transferList: [port2],
    env: {},
    execArgv: [],
    // for values that builtins make; the instance's own memory is bounded by its limits
    resourceLimits: { maxOldGenerationSizeMb: 128 + Math.ceil((4 * source.data.length) / MIB) },
  })
  const starting = Promise.withResolvers<boolean>()
  const ending = Promise.withResolvers<ThreadEnd>()
  let reason: ThreadEnd = 'lost'
  let ranMs = 0
  let settle: ((end: IsolateEnd) => void) | undefined

  function receive(message: IsolateMessage): void {
    ranMs = message.ranMs
    if (message.kind === 'answer') return settle?.(message)
    worker.unref()
    port.unref()
    starting.resolve(true)
  }
  port.on('message', receive)
  worker.on('error', () => undefined) // its exit follows, and says all there is to say
  worker.on('exit', () => {
    port.close()
    starting.resolve(false)
    settle?.({ kind: 'lost' })
    ending.resolve(reason)
  })

  function stop(why: ThreadEnd): Promise<unknown> {
    reason = why
    return worker.terminate()
  }
  /** Milliseconds that the thread has run since its last message. */
  async function runs(): Promise<number> {
    const { user, system } = await worker.cpuUsage()
    return (user + system) / 1_000 - ranMs
  }

  return {
    started: starting.promise,
    ended: ending.promise,
    evaluate(request, deadlineMs) {
      const { promise, resolve } = Promise.withResolvers<IsolateEnd>()
      const last = performance.now() + patience * deadlineMs
      let timer = setTimeout(expire, deadlineMs)
      const done = (end: IsolateEnd): void => {
        clearTimeout(timer)
        settle = undefined
        resolve(end)
      }
      settle = done
      port.postMessage(request)
      return promise

      function expire(): void {
        const waiting: { message: IsolateMessage } | undefined = receiveMessageOnPort(port)
        if (waiting) return receive(waiting.message) // it came while this thread was busy
        const left = last - performance.now()
        if (left <= 0) return end()
        timer = setTimeout(end, left)
        runs().then((ran) => {
          if (settle !== done) return
          if (ran >= deadlineMs) return end()
          clearTimeout(timer)
          timer = setTimeout(expire, Math.min(deadlineMs - ran, left))
        }, end)
      }
      function end(): void {
        if (settle !== done) return
        done({ kind: 'deadline' })
        void stop('deadline')
      }
    },
    async close() {
      await stop('closed')
    },
  }
}

// Built, this file ends in .js, and so does its neighbour.
const entry = import.meta.url.endsWith('.ts') ? './isolate-worker.ts' : './isolate-worker.js'
