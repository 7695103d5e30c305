import type { Running } from '../contenders/contender.ts'
import { sendLoad } from '../load/send-load.ts'
import { cpuTime } from './cpu-time.ts'

/** One contender under load for a while. */
export interface Round {
  readonly requests: number
  /** CPU µs of the server per request. */
  readonly perRequest: number
}

export interface RoundOptions {
  readonly requests: readonly Buffer[]
  /** Whether a request may be sent again. If not, the round ends with the requests, at the latest. */
  readonly repeats: boolean
  readonly milliseconds: number
  readonly connections: number
}

/** Loads the server and reads what it spent. Throws where an answer is not an allow. */
export async function measureRound(running: Running, options: RoundOptions): Promise<Round> {
  const { requests, repeats, milliseconds, connections } = options
  let next = 0
  const until = performance.now() + milliseconds
  const before = cpuTime(running.pid)
  const { answered, good, bad } = await sendLoad({
    host: '127.0.0.1',
    port: running.port,
    connections,
    next: () => {
      if (performance.now() >= until) return undefined
      if (repeats && next === requests.length) next = 0
      return requests[next++]
    },
    isGood: running.isAllow,
  })
  const spent = cpuTime(running.pid) - before
  if (bad) {
    throw new Error(`${answered - good} of ${answered} answers are no allow: ${bad.status} ${bad.body.toString()}`)
  }
  if (answered === 0) throw new Error('nothing was asked')
  return { requests: answered, perRequest: spent / answered }
}
