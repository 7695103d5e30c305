import type { CandidateDesk } from '../../admin/candidates.ts'
import type { DeskOutcome } from '../../admin/revocations.ts'
import type { AdminFile } from '../../admin/create-server.ts'
import type { PdpStatus } from '../../compose/pdp-status.ts'
import type { ReloadOutcome } from '../../compose/reload.ts'
import type { Config } from '../../config/schema.ts'
import type { JsonObject, JsonValue } from '../../core/json.ts'
import type { Result } from '../../core/result.ts'
import type { MetricsSnapshot } from '../../telemetry/metrics.ts'
import type { Readiness } from '../readiness.ts'
import type { Urls } from '../start.ts'

/** What the first process asks of a worker. All values can be cloned. A rejection has its message alone. */
export interface WorkerCalls {
  /** Serves from the answer on; where it cannot, it rejects and the worker ends. `umask`: the one to make files under. */
  start(given: { readonly number: number; readonly config: Config; readonly umask: number }): Promise<Urls>
  readiness(): Promise<Readiness>
  status(): Promise<PdpStatus>
  metrics(): Promise<MetricsSnapshot>
  reload(config: Config): Promise<ReloadOutcome>
  revoke(body: JsonValue | undefined, by: string): Promise<Result<DeskOutcome>>
  lift(body: JsonValue | undefined, by: string): Promise<Result<DeskOutcome>>
  listRevocations(after: string, maximum: number): Promise<readonly JsonObject[]>
  settleCandidate: CandidateDesk['settle']
  readLog(path: string): Promise<AdminFile | undefined>
  /** Drains, and ends the worker after the answer: whether nothing was cut. */
  close(): Promise<boolean>
  hurry(): Promise<void>
}

export type CallName = keyof WorkerCalls

export interface CallMessage {
  readonly id: number
  readonly name: CallName
  readonly args: readonly unknown[]
}

export type ReplyMessage =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly fault: string }
