import { Worker } from 'node:worker_threads'
import type { Instant } from '../../core/time.ts'
import type { Extent } from './tree-builder.ts'
import type { TreeNews, TreeTask } from './tree-messages.ts'

/**
 * How far the tree is: records under the newest checkpoint, `note`, which was there `at`; and why it cannot go on, if it
 * cannot.
 */
export interface TreeStatus {
  readonly size: number
  readonly note?: string
  readonly at?: Instant
  readonly problem?: string
}

/** The tree over a log, built in a thread of its own. */
export interface TreeThread {
  status(): TreeStatus
  /** Publishes what the log holds by now, waiting for it at most `limitMs`, and ends the thread. */
  close(limitMs: number): Promise<void>
}

/**
 * - `extent`: how far the log is acknowledged, whenever it is asked.
 * - `now`: the time, for the status alone.
 * - `everyMs`: how often it is asked; a checkpoint is at most so much, and the work itself, behind the log.
 * - `report`: told when the tree cannot go on, and why. Must not throw.
 */
export interface TreeThreadOptions extends Omit<TreeTask, 'extent'> {
  readonly extent: () => Extent
  readonly now: () => Instant
  readonly everyMs: number
  readonly report: (reason: string) => void
}

/** Starts the thread; resolves when the tree holds what the log holds. Rejects where the tree and the log do not agree. */
export async function startTreeThread(options: TreeThreadOptions): Promise<TreeThread> {
  const { places, key, host, now, everyMs, report } = options
  let status: TreeStatus = { size: 0 }
  let worker: Worker | undefined
  let answered: (news: TreeNews) => void = () => undefined
  let busy: Promise<TreeNews> | undefined

  /** Gives the thread an extent, or starts it with one; resolves with its answer, also where it ended instead. */
  function ask(extent: Extent): Promise<TreeNews> {
    const asked = new Promise<TreeNews>((resolve) => {
      answered = resolve
      worker?.ref()
      if (worker) worker.postMessage(extent)
      else worker = start({ places, key, host, extent })
    }).then((news) => {
      busy = undefined
      worker?.unref() // while it works it keeps the process, between that it does not
      if (news.kind === 'published')
        status = { size: news.size, ...(news.note !== undefined && { note: news.note, at: now() }) }
      else {
        if (status.problem !== news.reason) report(news.reason)
        status = { ...status, problem: news.reason }
      }
      return news
    })
    busy = asked
    return asked
  }

  function start(task: TreeTask): Worker {
    const started = new Worker(new URL(entry, import.meta.url), {
      workerData: task,
      resourceLimits: { maxYoungGenerationSizeMb: 64 }, // what is read dies at once, if it is not collected too soon
    })
    const ended = (reason: string) => {
      if (worker !== started) return // told before, or ended by us
      worker = undefined // the next tick starts another
      answered({ kind: 'failed', reason })
    }
    return started
      .on('message', (news: TreeNews) => answered(news))
      .on('error', (error: unknown) => ended(error instanceof Error ? error.message : 'an unknown fault'))
      .on('exit', () => ended('the thread that builds the tree ended'))
  }

  const first = await ask(options.extent())
  if (first.kind === 'failed') {
    await endWorker()
    throw new Error(first.reason)
  }
  const timer = setInterval(() => {
    const extent = options.extent()
    if (!busy && extent.records > status.size) void ask(extent)
  }, everyMs)
  timer.unref()

  async function endWorker(): Promise<void> {
    const ending = worker
    worker = undefined
    await ending?.terminate()
  }

  async function publishRest(): Promise<void> {
    await busy
    if (options.extent().records > status.size) await ask(options.extent())
  }

  return {
    status: () => status,
    async close(limitMs) {
      clearInterval(timer)
      let limit: NodeJS.Timeout | undefined
      await Promise.race([
        publishRest(),
        new Promise((resolve) => {
          limit = setTimeout(resolve, limitMs)
        }),
      ])
      clearTimeout(limit)
      await endWorker()
    },
  }
}

// built, this file ends in .js, and so does its neighbour
const entry = import.meta.url.endsWith('.ts') ? './tree-worker.ts' : './tree-worker.js'
