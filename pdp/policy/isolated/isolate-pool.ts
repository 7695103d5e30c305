import { setTimeout as delay } from 'node:timers/promises'
import type { Digest } from '../../core/digest.ts'
import type { Frame } from '../../core/frame.ts'
import type { ReplacedReason } from '../evaluator.ts'
import type { InstanceSource } from './isolate-message.ts'
import { type IsolateEnd, type IsolateThread, startIsolateThread } from './isolate-thread.ts'
import { createStoppedAsks, type StoppedAsksOptions } from './stopped-asks.ts'

/** One evaluation; `key` names what is asked of what, whenever it is asked. */
export interface PoolAsk {
  readonly key: Digest
  readonly entrypoint: number
  readonly text: string
  readonly frame: Frame
}

/**
 * How an ask to the pool ended. Beside what a thread ends with: this very ask stopped an evaluation before, more wait
 * than may, it waited for longer than its decision has, or there is no thread to evaluate it.
 */
export type PoolEnd = IsolateEnd | { readonly kind: 'stopped-before' | 'overloaded' | 'waited' | 'unavailable' }

export interface IsolatePoolOptions {
  /** Milliseconds that one evaluation may run, from when a thread takes it up. */
  readonly deadlineMs: number
  /** How many evaluations run at a time; absent: 2. */
  readonly size?: number
  /** Threads beyond that, started and idle, that take the place of one that was stopped; absent: 2. */
  readonly spares?: number
  /** How many asks may wait; absent: 1,024. */
  readonly maximumQueue?: number
  readonly stopped?: StoppedAsksOptions
  /** Told each time an instance, or a thread with its instance, was replaced. */
  readonly onReplaced?: (reason: ReplacedReason | 'deadline' | 'lost') => void
  /** Milliseconds until a thread that did not start is tried again; absent: 1,000. */
  readonly retryMs?: number
}

/** Threads that evaluate one policy. */
export interface IsolatePool {
  /** Never rejects. */
  evaluate(ask: PoolAsk): Promise<PoolEnd>
  /** Whether the first thread started and can evaluate. */
  ready(): Promise<boolean>
  /** Admits no more asks, waits for those that it has, and ends all threads. */
  close(): Promise<void>
  /** Closes after so many milliseconds, until when decisions under way may ask as before. */
  retire(afterMs: number): void
}

interface Waiting {
  readonly ask: PoolAsk
  readonly since: number
  readonly resolve: (end: PoolEnd) => void
}

/** Starts `size + spares` threads, and starts another for each that ends. */
export function createIsolatePool(source: InstanceSource, options: IsolatePoolOptions): IsolatePool {
  const { deadlineMs, size = 2, spares = 2, maximumQueue = 1_024, retryMs = 1_000 } = options
  const onReplaced = options.onReplaced ?? (() => undefined)
  const shared = { ...source, data: shareBytes(source.data) }
  const stopped = createStoppedAsks(options.stopped)
  const threads = new Set<IsolateThread>() // that start, wait or evaluate
  const idle: IsolateThread[] = []
  const queue: Waiting[] = []
  const drained = Promise.withResolvers<void>()
  const closing = new AbortController()
  const first = Promise.withResolvers<boolean>()
  let turn: Promise<unknown> = Promise.resolve()
  let failed = false
  let busy = 0

  /** One after the other: a thread that starts takes time from those that evaluate. Undefined if it did not start. */
  function start(): Promise<IsolateThread | undefined> {
    const starting = turn.then(async () => {
      if (closing.signal.aborted) return undefined
      const thread = startIsolateThread(shared)
      threads.add(thread)
      const started = await thread.started
      first.resolve(started)
      if (started) return thread
      threads.delete(thread)
      return undefined
    })
    turn = starting
    return starting
  }
  async function keepSlot(): Promise<void> {
    while (!closing.signal.aborted) {
      const thread = await start()
      if (thread) {
        failed = false
        offer(thread)
        const why = await thread.ended
        threads.delete(thread)
        withdraw(thread)
        if (why !== 'closed') onReplaced(why)
      } else if (threads.size === 0) {
        failed = true
        for (const { resolve } of queue.splice(0)) resolve({ kind: 'unavailable' })
      }
      settle()
      if (!thread) await delay(retryMs, undefined, { ref: false, signal: closing.signal }).catch(() => undefined)
    }
  }
  function offer(thread: IsolateThread): void {
    idle.push(thread)
    takeUp()
  }
  function withdraw(thread: IsolateThread): void {
    const at = idle.indexOf(thread)
    if (at >= 0) idle.splice(at, 1)
  }
  function takeUp(): void {
    while (busy < size && idle.length > 0) {
      const waiting = queue.shift()
      if (!waiting) return settle()
      const refused = refusalOf(waiting)
      const thread = refused ? undefined : idle.pop()
      if (refused) waiting.resolve(refused)
      if (thread) void run(thread, waiting)
    }
  }
  /** An equal ask may have stopped an evaluation while this one waited, and its decision may be over. */
  function refusalOf({ ask: { key, frame }, since }: Waiting): PoolEnd | undefined {
    if (stopped.has(key, frame.now)) return { kind: 'stopped-before' }
    return performance.now() - since > frame.deadline - frame.now ? { kind: 'waited' } : undefined
  }
  async function run(thread: IsolateThread, { ask, resolve }: Waiting): Promise<void> {
    const { key, entrypoint, text, frame } = ask
    busy++
    const end = await thread.evaluate({ entrypoint, text, id: frame.id, now: frame.now }, deadlineMs)
    busy--
    if (end.kind !== 'answer') stopped.add(key, frame.now)
    else if (end.replaced) onReplaced(end.replaced)
    resolve(end)
    if (end.kind === 'answer') offer(thread)
    else takeUp()
    settle()
  }
  function settle(): void {
    if (closing.signal.aborted && busy === 0 && queue.length === 0) drained.resolve()
  }
  async function close(): Promise<void> {
    closing.abort()
    first.resolve(false)
    settle()
    await drained.promise
    await Promise.all([...threads].map((thread) => thread.close()))
  }

  for (let slots = size + spares; slots > 0; slots--) void keepSlot()
  return {
    async evaluate(ask) {
      if (stopped.has(ask.key, ask.frame.now)) return { kind: 'stopped-before' }
      if (closing.signal.aborted || failed) return { kind: 'unavailable' }
      if (queue.length >= maximumQueue) return { kind: 'overloaded' }
      const { promise, resolve } = Promise.withResolvers<PoolEnd>()
      queue.push({ ask, since: performance.now(), resolve })
      takeUp()
      return promise
    },
    ready: () => first.promise,
    close,
    retire(afterMs) {
      setTimeout(() => void close(), afterMs).unref()
    },
  }
}

function shareBytes(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
  shared.set(bytes)
  return shared
}
