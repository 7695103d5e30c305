import { writeFields } from '../http2/hpack/write-fields.ts'
import type { ServerStream } from '../http2/stream.ts'
import { type GrpcFault, statusFields } from './status.ts'

const head = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
] as const

/** What answers begin and end with: the same bytes for every call. */
export const answerHead = writeFields(head)
export const answerEnd = writeFields(Object.entries(statusFields()))

/** What a call ends with that had a fault, after answers. */
export const faultEnd = (fault: GrpcFault): Uint8Array => writeFields(Object.entries(statusFields(fault)))

/** Ends a call that has no answer: its status stands where the answer would. */
export const fail = (stream: ServerStream, fault: GrpcFault): void =>
  stream.finish(writeFields([...head, ...Object.entries(statusFields(fault))]))
