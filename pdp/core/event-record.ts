import type { Code } from './codes.ts'
import type { DecisionId } from './frame.ts'
import type { Instant } from './time.ts'

/** A bundle by its content, as records tell of it. `signed`: whether its signature was checked. */
export interface RecordedBundle {
  readonly name: string
  readonly revision: string
  readonly digest: string
  readonly signed: boolean
}

/**
 * What records say that tell of no decision, by their kind. Members are named as they stand in the line; times are RFC
 * 3339 texts. `audit/event-schema.ts` is the published form of each.
 *
 * - `start`: the process began: what runs (`version`, `node`), in which mode the log is kept, with which configuration
 *   and bundles; `log`: the key that verifies it. What is recorded until the next `start` was recorded by this process.
 * - `stop`: it ended in order. A `start` without a `stop` before it tells of a crash.
 * - `bundle`: became active, was refused, became a candidate beside the active one, was rolled back from that; `previous` is the
 *   digest of what it replaced or stood beside, `signer` the ids of the keys that signed it, `sequence` the number that they
 *   signed it under. A candidate is told with its `mode`, and at its end with what was `compared`, by an `operator` or by itself. `differs`: it answered a
 *   `decision` otherwise; the first hundred are told.
 * - `config`: was taken over whole, or kept out with the reason.
 * - `key`: of our own keys: made, replaced (`previous`, and `endorsement`: what the previous key signed to say so), or
 *   given up; or of a client's credential in the registry, `purpose` being its kind. `vkey` is the public half where there is one, `id` names the key otherwise.
 * - `revocation`: given or taken back; the members beside `act` and `reason` are those of the revoked key. `change`: the
 *   id of the change, the same in the logs of all instances. `from`: `fleet` where it was made on another instance.
 *   `until`: when it ends.
 * - `admin`: an act of an operator on the process, or of the process on its log.
 * - `gap`: a loss, told by the log itself. `records`, `allows`, `denies`, `events` count what has no record; `codes` its
 *   codes; `from` and `to` its times; `kept` is the file, and `sha256` the digest, of what was put aside.
 * - `aggregate`: what was only counted: requests refused before a decision, or denials of a flood (`source`: of whom).
 *   `samples`: ids of a few of them.
 */
export interface EventFacts {
  readonly start: {
    readonly version: string
    readonly node: string
    readonly mode: 'memory' | 'written' | 'synced'
    readonly config: string
    readonly bundles: readonly RecordedBundle[]
    readonly log?: string
  }
  readonly stop: Readonly<Record<never, never>>
  readonly bundle: {
    readonly act: 'activated' | 'refused' | 'candidate' | 'differs' | 'rolled-back'
    readonly name: string
    readonly revision?: string
    readonly digest?: string
    readonly signed?: boolean
    readonly signer?: string
    readonly sequence?: number
    readonly previous?: string
    readonly clause?: string
    readonly reason?: string
    readonly mode?: 'shadow' | 'canary'
    readonly share?: number
    readonly operator?: string
    readonly decision?: string
    readonly difference?: string
    readonly compared?: number
    readonly differences?: number
    readonly errors?: number
  }
  readonly config: {
    readonly outcome: 'applied' | 'kept'
    readonly digest: string
    readonly bundles?: readonly RecordedBundle[]
    readonly reason?: string
  }
  readonly key: {
    readonly act: 'made' | 'replaced' | 'retired' | 'registered' | 'changed' | 'revoked' | 'removed'
    readonly purpose: string
    readonly id?: string
    readonly client?: string
    readonly vkey?: string
    readonly previous?: string
    readonly endorsement?: string
  }
  readonly revocation: {
    readonly act: 'revoked' | 'restored'
    readonly change: string
    readonly by: 'subject' | 'subject-prefix' | 'jti' | 'key-id' | 'serial' | 'key-thumbprint' | 'trust-domain' | 'fact'
    readonly issuer?: string
    readonly name?: string
    readonly id: string
    readonly not_before?: string
    readonly until?: string
    readonly reason: string
    readonly operator?: string
    readonly from?: string
  }
  readonly admin: {
    readonly act: string
    readonly operator?: string
    readonly outcome?: 'done' | 'refused'
    readonly target?: string
    readonly detail?: string
  }
  readonly gap: {
    readonly reason: 'torn-line' | 'damaged-end' | 'not-written' | 'not-kept'
    readonly records?: number
    readonly allows?: number
    readonly denies?: number
    readonly events?: number
    readonly codes?: Counts
    readonly from?: string
    readonly to?: string
    readonly bytes?: number
    readonly kept?: string
    readonly sha256?: string
  }
  readonly aggregate: {
    readonly of: 'requests' | 'denies'
    readonly source?: string
    readonly count: number
    readonly codes: Counts
    readonly from: string
    readonly to: string
    readonly samples?: readonly DecisionId[]
  }
}

/** How often each code was given. */
export type Counts = Readonly<Partial<Record<Code, number>>>

export type EventKind = keyof EventFacts

/** A record of one kind that tells of no decision. */
export interface EventOf<Kind extends EventKind> {
  readonly kind: Kind
  readonly id: DecisionId
  readonly at: Instant
  readonly facts: EventFacts[Kind]
  readonly demo?: true
}

/** What happened to the process and to the log: records of the same log as decisions. */
export type EventRecord = { readonly [Kind in EventKind]: EventOf<Kind> }[EventKind]

/** Records that something happened, with an id and the time of now. Rejects where it cannot be written. */
export type RecordEvent = <Kind extends EventKind>(kind: Kind, facts: EventFacts[Kind]) => Promise<unknown>
