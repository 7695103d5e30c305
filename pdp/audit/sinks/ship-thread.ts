import { Worker } from 'node:worker_threads'
import type { Clock } from '../../core/time.ts'
import type { ShipNews, ShipOrder, ShipTask } from './ship-messages.ts'
import type { WitnessStatus } from '../witness/collect-cosignatures.ts'
import type { ShipperStatus } from './shipper.ts'

/** The thread that ships the log to its sinks. */
export interface ShipThread {
  /** How each sink is, by its name. */
  status(): Readonly<Record<string, ShipperStatus>>
  /** How far witnesses are, if there are any. */
  witnessed(): WitnessStatus | undefined
  /** The oldest record that a sink still needs. */
  needed(): number
  /** Delivers what there is, within so many seconds, and ends. */
  close(limitSeconds: number): Promise<void>
}

/** `say`: one line for the operator. Must not throw. */
export interface ShipThreadOptions extends Omit<ShipTask, 'now'> {
  readonly clock: Clock
  readonly say: (line: string) => void
}

const tellTimeMs = 1_000
const graceMs = 1_000

/** Starts the thread. One that ends by a fault is started again: each sink goes on where it was. */
export function startShipThread({ clock, say, ...task }: ShipThreadOptions): ShipThread {
  let status: Readonly<Record<string, ShipperStatus>> = {}
  let witnessed: WitnessStatus | undefined
  let closing = false
  let ended: () => void = () => undefined
  let worker = start()

  function start(): Worker {
    const started = new Worker(new URL(entry, import.meta.url), { workerData: { ...task, now: clock() } })
    started.unref()
    return started
      .on('message', (news: ShipNews) => {
        if (news.kind === 'said') say(news.line)
        else if (news.kind === 'status') ({ status, witnessed } = news)
        else ended()
      })
      .on('error', (error: unknown) =>
        say(`the thread that ships failed: ${error instanceof Error ? error.message : 'an unknown fault'}`),
      )
      .on('exit', () => {
        ended()
        if (!closing) again = setTimeout(() => (worker = start()), tellTimeMs).unref()
      })
  }
  let again: NodeJS.Timeout | undefined
  const order = (message: ShipOrder) => worker.postMessage(message)
  const timer = setInterval(() => order({ now: clock() }), tellTimeMs)
  timer.unref()
  return {
    status: () => status,
    witnessed: () => witnessed,
    needed: () => Math.min(...task.sinks.map(([name]) => status[name]?.next ?? 0)),
    async close(limitSeconds) {
      closing = true
      clearInterval(timer)
      clearTimeout(again)
      await new Promise<void>((resolve) => {
        ended = resolve
        worker.ref()
        order({ end: limitSeconds })
        setTimeout(resolve, limitSeconds * 1_000 + graceMs).unref()
      })
      await worker.terminate()
    },
  }
}

// built, this file ends in .js, and so does its neighbour
const entry = import.meta.url.endsWith('.ts') ? './ship-worker.ts' : './ship-worker.js'
