import { recordBody } from '../audit/record-line.ts'
import type { WitnessStatus } from '../audit/witness/collect-cosignatures.ts'
import type { ShipperStatus } from '../audit/sinks/shipper.ts'
import type { Config } from '../config/schema.ts'
import type { AuditRecord } from '../core/record.ts'
import type { Clock } from '../core/time.ts'
import type { AuditLog } from '../seams.ts'
import type { PayloadKeeper } from './keep-payloads.ts'
import { openLog, type OpenLog, type Stamp } from './log.ts'
import { openPayloads } from './payloads.ts'
import { openSinks } from './sinks.ts'

/** The log, and what is kept beside it: payloads to replay its decisions from, where the configuration asks for them. */
export interface Trail extends OpenLog {
  /** How each sink is, by its name. */
  sinks(): Readonly<Record<string, ShipperStatus>>
  /** How far witnesses are, if there are any. */
  witnessed(): WitnessStatus | undefined
  /** The log of decisions, and the keeper of what they are evaluated from, if there is one. */
  keeping<Log extends AuditLog>(log: Log): { readonly log: Log; readonly payloads?: PayloadKeeper }
}

/** Who hears of what happens to records; see `PdpEvents`. */
interface TrailEvents {
  readonly recordsRefused: (records: number) => void
  readonly recordKept: (line: string) => void
  readonly treeFailed: (reason: string) => void
  readonly payloadsLost: (payloads: number) => void
  readonly sinkSaid: (line: string) => void
}

/** What a trail takes from outside. */
export interface TrailParts {
  readonly clock: Clock
  readonly randomBytes: (length: number) => Uint8Array
  readonly stamp: Stamp
  /** What a line says after its number; absent: all that its record says. */
  readonly body?: (record: AuditRecord) => string
  readonly events?: Partial<TrailEvents>
}

const pruneEveryMs = 60_000
const lastDeliverySeconds = 5
const ignored = () => undefined

/** Opens the log and what belongs to it. Rejects where any of it cannot be. */
export async function openTrail(
  config: Config,
  { clock, randomBytes, stamp, body = recordBody, events = {} }: TrailParts,
): Promise<Trail> {
  const {
    recordsRefused = ignored,
    recordKept = ignored,
    treeFailed = ignored,
    payloadsLost = ignored,
    sinkSaid = ignored,
  } = events
  const log = await openLog(config, stamp, { refused: recordsRefused, kept: recordKept, treeFailed }, body)
  const { keeper, ...payloads } = await openPayloads(config, clock, randomBytes, payloadsLost).catch(
    async (error: unknown) => {
      await log.close()
      throw error
    },
  )
  const ships = await startShips().catch(async (error: unknown) => {
    await payloads.close()
    await log.close()
    throw error
  })
  async function startShips() {
    return log.tree && openSinks(config, { clock, randomBytes, say: sinkSaid })
  }
  // what a sink still needs stays
  const prune = () => log.tree?.prune(clock(), ships?.needed() ?? Number.POSITIVE_INFINITY).catch(() => undefined) // tried again
  const pruning = setInterval(() => void prune(), pruneEveryMs)
  pruning.unref()
  return {
    ...log,
    sinks: () => ships?.status() ?? {},
    witnessed: () => ships?.witnessed(),
    keeping: (decisions) => (keeper ? { log: keeper.log(decisions), payloads: keeper } : { log: decisions }),
    async close() {
      clearInterval(pruning)
      await payloads.close()
      await log.close()
      await ships?.close(lastDeliverySeconds) // after the last checkpoint
    },
  }
}
