import type { Running } from '../contenders/contender.ts'
import type { Door } from '../contenders/door.ts'
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
export async function measureRound({ pid }: Running, door: Door, options: RoundOptions): Promise<Round> {
  const { requests, repeats, milliseconds, connections } = options
  let next = 0
  const until = performance.now() + milliseconds
  const before = cpuTime(pid)
  const { answered, good, bad } = await door.send({
    connections,
    next: () => {
      if (performance.now() >= until) return undefined
      if (repeats && next === requests.length) next = 0
      return requests[next++]
    },
    isGood: (answer) => door.isAllow(answer),
  })
  const spent = cpuTime(pid) - before
  if (bad) {
    throw new Error(`${answered - good} of ${answered} answers are no allow: ${bad.status} ${bad.body.toString()}`)
  }
  if (answered === 0) throw new Error('nothing was asked')
  return { requests: answered, perRequest: spent / answered }
}
