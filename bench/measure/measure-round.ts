import type { Presented, Running, Topic } from '../contenders/contender.ts'
import { sendLoad } from '../load/send-load.ts'
import { cpuTime } from './cpu-time.ts'

/** One contender under load for a while. */
export interface Round {
  readonly requests: number
  /** CPU µs of the server per request. */
  readonly perRequest: number
}

export interface RoundOptions {
  readonly topic: Topic
  /** What the next request presents; undefined ends the round before its time. */
  next(): Presented | undefined
  readonly milliseconds: number
  readonly connections: number
}

/** Loads the server and reads what it spent. Throws where an answer is not an allow. */
export async function measureRound(running: Running, options: RoundOptions): Promise<Round> {
  const { topic, next, milliseconds, connections } = options
  const until = performance.now() + milliseconds
  let last: { readonly presented: Presented; readonly bytes: Buffer } | undefined
  const before = cpuTime(running.pid)
  const { answered, good, bad } = await sendLoad({
    host: '127.0.0.1',
    port: running.port,
    connections,
    next: () => {
      const presented = performance.now() < until ? next() : undefined
      if (!presented) return undefined
      if (presented !== last?.presented) last = { presented, bytes: running.request(topic, presented) }
      return last.bytes
    },
    isGood: (answer) => running.isAllow(answer),
  })
  const spent = cpuTime(running.pid) - before
  if (bad)
    throw new Error(`${answered - good} of ${answered} answers are no allow: ${bad.status} ${bad.body.toString()}`)
  if (answered === 0) throw new Error('nothing was asked')
  return { requests: answered, perRequest: spent / answered }
}
