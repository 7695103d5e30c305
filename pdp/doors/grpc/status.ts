/** Codes of gRPC that are answered here (grpc/grpc doc/statuscodes.md). */
export const grpcStatus = {
  ok: 0,
  invalidArgument: 3,
  notFound: 5,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const

/** How a call ended without a message; `message` is for the client's log. */
export interface GrpcFault {
  readonly code: Exclude<(typeof grpcStatus)[keyof typeof grpcStatus], 0>
  readonly message: string
}

export const grpcFault = (code: GrpcFault['code'], message: string): GrpcFault => ({ code, message })

/** The status as header fields; the message is percent-encoded (gRPC over HTTP/2, "Status-Message"). */
export const statusFields = (fault?: GrpcFault): Record<string, string> => ({
  'grpc-status': String(fault?.code ?? grpcStatus.ok),
  ...(fault && { 'grpc-message': fault.message.replace(/[^\x20-\x24\x26-\x7e]/g, (c) => encodeURIComponent(c)) }),
})
