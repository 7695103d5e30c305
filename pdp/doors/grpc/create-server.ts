import type { Socket } from 'node:net'
import { errorCodes } from '../http2/frames.ts'
import { writeFields } from '../http2/hpack/write-fields.ts'
import type { RequestHead } from '../http2/request-head.ts'
import { createHttp2Server, type Http2Listener } from '../http2/server.ts'
import type { Opener } from '../http2/stream.ts'
import { pepTlsOptions } from '../pep-tls.ts'
import { holdDialogue } from './hold-dialogue.ts'
import { type GrpcCall, type GrpcServerParts, isGrpc, notGrpcText } from './methods.ts'
import { answerOnce } from './answer-once.ts'
import { fail } from './answers.ts'
import { grpcFault, grpcStatus } from './status.ts'
import { timeoutMsOf } from './timeout.ts'

/** Makes a gRPC server over HTTP/2; it does not listen yet. Messages are never compressed. */
export function createGrpcServer({ methods, limits, tls }: GrpcServerParts): Http2Listener {
  return createHttp2Server({ route, limits, ...(tls && { tls: pepTlsOptions(tls) }) })

  function route({ method: verb, path, headers }: RequestHead, socket: Socket): Opener {
    if (!isGrpc(verb, headers['content-type'])) return other
    const method = methods.get(path)
    if (!method) return unimplemented // who asks for one with many messages waits for an answer before it ends
    if (method.kind === 'dialogue') return (stream) => holdDialogue(stream, method, limits.messageBytes)
    const timeoutMs = timeoutMsOf(headers['grpc-timeout'])
    const call: GrpcCall = { headers, socket, ...(timeoutMs !== undefined && { timeoutMs }) }
    return (stream) => answerOnce(stream, method, call, limits.messageBytes)
  }
}

const notGrpc = writeFields([
  [':status', '415'],
  ['content-type', 'text/plain'],
])
const noMethod = grpcFault(grpcStatus.unimplemented, 'no such method here')

const nothing = () => undefined
const unimplemented: Opener = (stream) => {
  fail(stream, noMethod)
  return { data: nothing, end: nothing, late: nothing }
}

/** Others are answered once they have said all. */
const other: Opener = (stream) => ({
  data: (part) => stream.consumed(part.length),
  end() {
    stream.respond(notGrpc)
    stream.write(Buffer.from(notGrpcText))
    stream.finish()
  },
  late: () => stream.reset(errorCodes.cancel),
})
