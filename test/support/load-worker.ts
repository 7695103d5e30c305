import { parentPort, workerData } from 'node:worker_threads'
import { sendLoad } from '../../bench/load/send-load.ts'

/** What the load is: `bytes` sent again and again over each connection for `ms`. */
export interface LoadOrder {
  readonly port: number
  readonly connections: number
  readonly bytes: Uint8Array
  readonly ms: number
}

/** What came back, by kind. */
export interface LoadOutcome {
  readonly allowed: number
  readonly shed: number
  readonly other: number
}

const { port, connections, bytes, ms } = workerData as LoadOrder
const request = Buffer.from(bytes)
const until = performance.now() + ms
const outcome = { allowed: 0, shed: 0, other: 0 }

await sendLoad({
  host: '127.0.0.1',
  port,
  connections,
  next: () => (performance.now() < until ? request : undefined),
  isGood({ status, body }) {
    if (status === 200 && body.includes('"decision":"allow"')) outcome.allowed++
    else if (status === 503 && body.includes('"code":"SHED"')) outcome.shed++
    else outcome.other++
    return true
  },
})
parentPort?.postMessage(outcome satisfies LoadOutcome)
