import type { TraceContext } from '../core/trace-context.ts'
import type { Sampling } from './sampling.ts'

/** What stands beside a span: short texts and numbers, never evidence. */
export type Attributes = Readonly<Record<string, string | number | boolean>>

/** What is known of a span when it ends. `fault`: a code, where the cause was a fault of ours; a denial is none. */
export interface SpanEnd {
  readonly attributes: Attributes
  readonly fault?: string
}

/** Ids of a span, in lower-case hexadecimal digits. */
export interface SpanIds {
  readonly trace: string
  readonly span: string
}

/** A call that is served. `parent`: the trace that it says it belongs to. */
export interface ServedCall {
  readonly name: string
  readonly attributes: Attributes
  readonly parent?: TraceContext | undefined
}

/** A step of what is under way; `client`: a call to somebody else. */
export interface Step {
  readonly name: string
  readonly client?: true
  readonly attributes?: Attributes
}

/** Spans of what is under way. Whatever becomes of a span, `work` is run once and its outcome is the answer. */
export interface Traces {
  serve<T>(call: ServedCall, work: () => Promise<T>, endOf: (value: T) => SpanEnd): Promise<T>
  /** A span beneath the one that is under way here; where none is, or it is not recorded, `work` alone. */
  step<T>(step: Step, work: () => Promise<T>, endOf?: (value: T) => SpanEnd): Promise<T>
  /** The span that is under way here, if it is recorded. */
  current(): SpanIds | undefined
  /** The headers to send along with a call that is made now (W3C Trace Context §3): none where nothing is under way. */
  headers(): Readonly<Record<string, string>>
  /** Sends what is there, for so long at most, and ends. Never rejects. */
  close(withinMs: number): Promise<void>
}

/** Where spans go. `failed`: told when they could not be sent; must return at once and never throw. */
export interface TracesSettings {
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  /** PEM certificates in place of those that come with Node. */
  readonly ca?: string
  readonly timeoutMs: number
  readonly resource: Attributes
  readonly sampling: Sampling
  readonly batch: {
    readonly delayMs: number
    readonly timeoutMs: number
    readonly queue: number
    readonly size: number
  }
  readonly failed: (reason: string) => void
  /** Between 0 and 1. */
  readonly random: () => number
}

/** Begins to trace. What it takes is loaded here alone: a process without traces has none of it. */
export async function openTraces(settings: TracesSettings): Promise<Traces> {
  const { createTraces } = await import('./spans.ts')
  return createTraces(settings)
}
