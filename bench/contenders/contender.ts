import type { Door } from './door.ts'

/** What a caller presents; absent members are absent from the request. */
export interface Presented {
  /** The value of the `authorization` header. */
  readonly authorization?: string
  /** A DPoP proof. */
  readonly proof?: string
}

/** A question of the benchmark. `orders`: may this workload read order 42; `catalog`: may a clerk read item 7. */
export type Topic = 'orders' | 'catalog'

/** A server that is measured. */
export interface Contender {
  readonly name: string
  /** How it is set up, where that is not said by the name. */
  readonly detail: string
  /** Whether it writes a record of every decision. */
  readonly logs: boolean
  /** Whether it checks DPoP proofs. */
  readonly readsProofs: boolean
  /** Starts the process. It may still be unable to answer: whoever calls waits for the first allow. */
  start(): Promise<Running>
}

/** How a question goes to a server: a JSON body over HTTP/1.1, or a unary call of gRPC. */
export type Transport = 'http' | 'grpc'

/** A server that was started. */
export interface Running {
  readonly pid: number
  /** The file that has what the process prints. */
  readonly output: string
  readonly doors: Readonly<Record<'http', Door> & Partial<Record<Transport, Door>>>
  /** How many records of decisions its log has. Undefined where it keeps none. Asked after `stop`. */
  countRecords(): Promise<number | undefined>
  /** Ends the process and resolves when it has ended. */
  stop(): Promise<void>
}
