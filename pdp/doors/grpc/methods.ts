import type { Socket } from 'node:net'
import type { Refusal } from '../../core/result.ts'
import type { PepTls } from '../pep-tls.ts'
import type { GrpcFault } from './status.ts'

/** Bounds of a listener. Lengths of time in milliseconds. */
export interface GrpcLimits {
  readonly messageBytes: number
  readonly streamsPerConnection: number
  readonly connections: number
  /** Until a call's message must be there. */
  readonly requestTimeoutMs: number
  readonly idleTimeoutMs: number
}

/**
 * One call, as a method sees it: what its header fields say, and the socket of its connection, for the certificate of who
 * calls. Calls of one client that say the same may share it.
 */
export interface GrpcCall {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly socket: Socket
  readonly timeoutMs?: number
}

/**
 * A method with one request and one answer. `refuse` answers for a request that cannot be read; without it that is an
 * error of the call. Neither may throw.
 */
export interface UnaryMethod {
  readonly kind: 'unary'
  answer(message: Buffer, call: GrpcCall): Promise<Buffer | GrpcFault> | Buffer | GrpcFault
  refuse?(refusal: Refusal, call: GrpcCall): Buffer
}

/** A method with one request and many answers, sent with `send` until the call ends. Answers what is to be done then. */
export interface StreamMethod {
  readonly kind: 'stream'
  open(message: Buffer, send: (answer: Buffer) => void): (() => void) | GrpcFault
}

/** A method with many requests, each with one answer, in order. May not throw. */
export interface DialogueMethod {
  readonly kind: 'dialogue'
  answer(message: Buffer): Buffer | GrpcFault
}

export type GrpcMethod = UnaryMethod | StreamMethod | DialogueMethod

/** Methods by path: `/grpc.health.v1.Health/Check`. */
export type GrpcMethods = ReadonlyMap<string, GrpcMethod>

export interface GrpcServerParts {
  readonly methods: GrpcMethods
  readonly limits: GrpcLimits
  readonly tls?: PepTls
}

/** Whether a request is a call of gRPC with messages as protobuf (gRPC over HTTP/2, "Content-Type"). */
export const isGrpc = (method: string | undefined, contentType: string | undefined): boolean =>
  method === 'POST' && /^application\/grpc(?:\+proto)?(?:;|$)/.test(contentType ?? '')

/** What is answered to others, with the status 415. */
export const notGrpcText = 'this listener takes calls of gRPC\n'
