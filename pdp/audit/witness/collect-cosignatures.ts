import { between, type Clock, type Instant, plus, type Seconds, seconds } from '../../core/time.ts'
import type { Fetch } from '../../net/fetch.ts'
import { refreshDelay } from '../../net/refresh-delay.ts'
import type { Schedule } from '../../net/schedule.ts'
import type { Checkpoint } from '../tree/checkpoint.ts'
import type { Hash } from '../tree/merkle-hash.ts'
import { askWitness } from './ask-witness.ts'
import type { Witness, WitnessPolicy } from './witness-policy.ts'

/** The newest checkpoint of a log. `prove`: that the log of `size` records begins it; throws where tiles do not give that. */
export interface WitnessedLog {
  readonly checkpoint: Checkpoint
  readonly prove: (size: number) => readonly Hash[]
}

/**
 * - `log`: asked each time; undefined while there is no checkpoint. `every`: how often.
 * - `publish`: puts a checkpoint that a quorum cosigned where readers find it. `told`: a line for the operator. Must not throw.
 */
export interface CollectOptions {
  readonly policy: WitnessPolicy
  readonly log: () => WitnessedLog | undefined
  readonly publish: (note: string) => void
  readonly fetch: Fetch
  readonly every: Seconds
  readonly clock: Clock
  readonly schedule: Schedule
  readonly random: () => number
  readonly told: (line: string) => void
}

/**
 * How far witnesses are: `size` records are under the newest checkpoint that a quorum cosigned, `at`. `witnesses`: what each
 * cosigned last, and why it does not go on, by its name in the policy.
 */
export interface WitnessStatus {
  readonly size: number
  readonly at?: Instant
  readonly problem?: string
  readonly witnesses: Readonly<Record<string, { readonly size: number; readonly problem?: string }>>
}

export interface Collecting {
  status(): WitnessStatus
  /** Gives up what is under way, and asks no more. */
  close(): Promise<void>
}

/** A witness that is asked: what it cosigned last, how often in a row it did not, and when it is asked again. */
interface Asked extends Witness {
  readonly url: string
  size: number
  failures: number
  due: Instant | undefined
  problem: string | undefined
}

const againAfter = seconds(3_600) // a log that stands still is cosigned anew, so that its age tells of witnesses

/**
 * Has the newest checkpoint cosigned, all witnesses at once, and publishes it when a quorum has. Nothing waits for it. A
 * witness that does not cosign is asked again after twice as long each time, up to a minute; the others go on without it.
 */
export function collectCosignatures(options: CollectOptions): Collecting {
  const { policy, log, publish, fetch, every, clock, schedule, random, told } = options
  const asked = policy.witnesses.flatMap((witness): readonly Asked[] =>
    witness.url === undefined
      ? []
      : [{ ...witness, url: witness.url, size: 0, failures: 0, due: undefined, problem: undefined }],
  )
  let reached: { readonly size: number; readonly at: Instant } | undefined
  let problem: string | undefined
  const underWay = new AbortController()
  let closing = false
  let wake: (() => void) | undefined

  async function round(): Promise<void> {
    const source = log()
    const now = clock()
    if (!source || (reached?.size === source.checkpoint.size && between(reached.at, now) < againAfter)) return
    const { checkpoint } = source
    const cosigned = new Map<string, readonly string[]>()
    const due = asked.filter(({ due }) => due === undefined || due <= now)
    await Promise.all(
      due.map(async (witness) => {
        const { name, url, key, size } = witness
        const answer = await askWitness(fetch, { url, key, known: size, now, signal: underWay.signal, ...source })
        if (!answer.ok) return failed(witness, answer.problem, answer.alarm)
        if (witness.problem !== undefined) told(`witness ${name}: cosigns again`)
        Object.assign(witness, { size: checkpoint.size, failures: 0, due: undefined, problem: undefined })
        cosigned.set(name, answer.lines)
        if (!policy.reached(new Set(cosigned.keys()))) return
        publish(`${checkpoint.note}${[...cosigned.values()].flat().join('\n')}\n`)
        reached = { size: checkpoint.size, at: clock() }
      }),
    )
    const isReached = policy.reached(new Set(cosigned.keys()))
    tell(isReached ? undefined : 'the newest checkpoint is not cosigned by a quorum of witnesses')
  }

  function failed(witness: Asked, why: string, alarm: boolean): void {
    if (closing) return
    if (witness.problem !== why) told(`witness ${witness.name}: ${alarm ? 'ALARM: ' : ''}${why}`)
    witness.problem = why
    witness.due = plus(clock(), refreshDelay(++witness.failures, longestDelay, random))
  }

  function tell(next: string | undefined): void {
    if (closing) return
    if (next !== problem) told(next ?? 'witnesses: a quorum cosigns again')
    problem = next
  }

  async function run(): Promise<void> {
    while (!closing) {
      await round().catch((error: unknown) => tell(error instanceof Error ? error.message : 'an unknown fault'))
      await new Promise<void>((resolve) => {
        if (closing) return resolve()
        const cancel = schedule(seconds(every * (0.9 + 0.2 * random())), resolve)
        wake = () => {
          cancel()
          resolve()
        }
      })
    }
  }

  const running = run()
  return {
    status: () => ({
      size: reached?.size ?? 0,
      ...(reached && { at: reached.at }),
      ...(problem !== undefined && { problem }),
      witnesses: Object.fromEntries(
        asked.map(({ name, size, problem }) => [name, { size, ...(problem !== undefined && { problem }) }]),
      ),
    }),
    async close() {
      closing = true
      underWay.abort()
      wake?.()
      await running
    },
  }
}

const longestDelay = seconds(60)
