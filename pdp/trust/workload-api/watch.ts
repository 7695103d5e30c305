import { clauses } from '../../core/clause.ts'
import { type Refusal, type Result, refuse } from '../../core/result.ts'
import { seconds } from '../../core/time.ts'
import { type GrpcEnd, openGrpcStream } from '../../net/grpc-stream.ts'
import type { Schedule } from '../../net/schedule.ts'
import { refreshDelay } from '../../net/refresh-delay.ts'
import { workloadApiLimits } from './messages.ts'

export const workloadApiClauses = clauses({ stream: 'spiffe-workload-api-stream' })

/** A method of the Workload API that answers with a stream. */
export type WorkloadMethod = 'FetchX509SVID' | 'FetchX509Bundles' | 'FetchJWTBundles'

/**
 * - `socket`: the path of the agent's Unix socket. `random`: from 0 to 1, 1 excluded; spreads reconnections.
 */
export interface WorkloadApiSurroundings {
  readonly socket: string
  readonly schedule: Schedule
  readonly random: () => number
}

/**
 * What becomes of a watch. `received` takes an answer and says whether it was one; `alive`: the agent is there and what it
 * sent last still stands; `lost`: it is not, or what it sent is not to be used, and why.
 */
export interface WatchEvents {
  readonly received: (bytes: Buffer) => Result<unknown>
  readonly alive: () => void
  readonly lost: (reason: Refusal) => void
}

const longestWait = seconds(30)
const permissionDenied = 7

/**
 * Keeps a stream of the Workload API open (SPIFFE Workload API §3): whenever it ends it is opened again, after 1, 2, 4, … s, at
 * most 30, of which half is left to chance. Answers the function that ends it.
 */
export function watchWorkloadApi(
  method: WorkloadMethod,
  { socket, schedule, random }: WorkloadApiSurroundings,
  { received, alive, lost }: WatchEvents,
): () => void {
  let failures = 0
  let stop = () => {}
  const open = (): void => {
    const call = {
      socket,
      method: `/SpiffeWorkloadAPI/${method}`,
      metadata: { 'workload.spiffe.io': 'true' }, // without it an agent must refuse (SPIFFE Workload API §3)
      message: new Uint8Array(),
      maximumBytes: workloadApiLimits.bytes,
    }
    stop = openGrpcStream(call, schedule, {
      message(bytes) {
        const taken = received(bytes)
        if (taken.ok) failures = 0
        else lost(taken)
      },
      alive,
      ended(end) {
        failures++
        lost(refuse('TRUST_UNAVAILABLE', workloadApiClauses.stream, reasonOf(end)))
        stop = schedule(refreshDelay(failures, longestWait, random), open)
      },
    })
  }
  open()
  return () => stop()
}

const reasonOf = ({ status, detail }: GrpcEnd): string =>
  status === permissionDenied
    ? 'workload api: the agent has no identity for this process: check its registration entry'
    : `workload api: ${detail}`
