import {
  type Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import { one, repeated } from '../../pdp/core/protobuf/fields.ts'
import { message, type MessageOf, readMessage, writeMessage } from '../../pdp/core/protobuf/message.ts'
import { string } from '../../pdp/core/protobuf/types.ts'
import type { JsonObject } from '../../pdp/core/json.ts'
import {
  jwtBundlesResponse,
  workloadApiLimits,
  x509BundlesResponse,
  x509SvidResponse,
} from '../../pdp/trust/workload-api/messages.ts'
import type { TestCertificate } from './certificates.ts'

/** What the agent tells a workload. Trust domains by name, without `spiffe://`. */
export interface AgentState {
  readonly svid?: {
    readonly id: string
    readonly chain: readonly TestCertificate[]
    readonly bundle: readonly Buffer[]
  }
  readonly x509: Readonly<Record<string, readonly Buffer[]>>
  readonly jwt: Readonly<Record<string, readonly JsonObject[]>>
  /** Answers a JWT-SVID for these audiences. */
  readonly jwtSvid?: (audiences: readonly string[]) => { readonly id: string; readonly token: string }
}

/** An agent of SPIFFE's Workload API on a Unix socket, served by the gRPC library of Node. */
export interface TestAgent {
  readonly socket: string
  /** Tells everybody who listens. */
  tell(state: AgentState): void
  /** Sends these bytes in place of messages to everybody who listens to the method. */
  send(method: string, bytes: Buffer): void
  /** Ends every stream with this status, and answers new ones so until `tell`. */
  refuse(code: status): void
  /** Streams that are open. */
  listening(): number
  /** How often a method was called. */
  calls(method: string): number
  close(): void
}

const jwtSvidRequest = message({ audience: repeated(1, string), spiffeId: one(2, string) })
const jwtSvid = message({ spiffeId: one(1, string), svid: one(2, string), hint: one(3, string) })
const jwtSvidResponse = message({ svids: repeated(1, jwtSvid) })
type JwtSvidRequest = MessageOf<typeof jwtSvidRequest>

const asIs = (bytes: Buffer) => bytes
const streaming = (name: string) => ({
  path: `/SpiffeWorkloadAPI/${name}`,
  requestStream: false,
  responseStream: true,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
})
const unary = (name: string) => ({ ...streaming(name), responseStream: false })

const withPrefix = <T>(bundles: Readonly<Record<string, T>>) =>
  Object.entries(bundles).map(([domain, bundle]) => [`spiffe://${domain}`, bundle] as const)

/** The answer of each streaming method, in the state given. */
const answers: Readonly<Record<string, (state: AgentState) => Buffer | undefined>> = {
  FetchX509SVID: ({ svid }) =>
    svid &&
    writeMessage(x509SvidResponse, {
      svids: [
        {
          spiffeId: svid.id,
          certificates: Buffer.concat(svid.chain.map(({ der }) => der)),
          privateKey: svid.chain[0]?.key.privateKey.export({ format: 'der', type: 'pkcs8' }) ?? Buffer.alloc(0),
          bundle: Buffer.concat(svid.bundle),
          hint: '',
        },
      ],
    }),
  FetchX509Bundles: ({ x509 }) =>
    writeMessage(x509BundlesResponse, {
      bundles: new Map(withPrefix(x509).map(([id, list]) => [id, Buffer.concat(list)])),
    }),
  FetchJWTBundles: ({ jwt }) =>
    writeMessage(jwtBundlesResponse, {
      bundles: new Map(withPrefix(jwt).map(([id, keys]) => [id, Buffer.from(JSON.stringify({ keys }))])),
    }),
}

type Stream = ServerWritableStream<Buffer, Buffer>

/** Starts an agent. Calls without the header that the specification asks for are refused. */
export async function startAgent(socket: string, first: AgentState): Promise<TestAgent> {
  let state = first
  let refusal: status | undefined
  const open = new Map<Stream, string>()
  const calls: string[] = []
  const end = (stream: Stream, code: status) => {
    open.delete(stream)
    stream.emit('error', { code, details: 'no identity issued' })
  }
  const mayAsk = (metadata: Metadata) => metadata.get('workload.spiffe.io')[0] === 'true'
  const serve = (method: string) => (stream: Stream) => {
    calls.push(method)
    if (!mayAsk(stream.metadata)) return end(stream, status.INVALID_ARGUMENT)
    if (refusal !== undefined) return end(stream, refusal)
    open.set(stream, method)
    stream.on('cancelled', () => open.delete(stream))
    const answer = answers[method]?.(state)
    if (answer) stream.write(answer)
    else end(stream, status.PERMISSION_DENIED)
  }
  const server = new Server()
  server.addService(
    {
      ...Object.fromEntries(Object.keys(answers).map((name) => [name, streaming(name)])),
      FetchJWTSVID: unary('FetchJWTSVID'),
    },
    {
      ...Object.fromEntries(Object.keys(answers).map((name) => [name, serve(name)])),
      FetchJWTSVID(call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) {
        const asked = readMessage<JwtSvidRequest>(jwtSvidRequest, call.request, workloadApiLimits, 'REQUEST_MALFORMED')
        if (!mayAsk(call.metadata) || !asked.ok || !state.jwtSvid) return answer({ code: status.PERMISSION_DENIED })
        const { id, token } = state.jwtSvid(asked.value.audience)
        answer(null, writeMessage(jwtSvidResponse, { svids: [{ spiffeId: id, svid: token, hint: '' }] }))
      },
    },
  )
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    ),
  )
  return {
    socket,
    tell(next) {
      state = next
      refusal = undefined
      for (const [stream, method] of open) {
        const answer = answers[method]?.(state)
        if (answer) stream.write(answer)
      }
    },
    send(method, bytes) {
      for (const [stream, name] of open) if (name === method) stream.write(bytes)
    },
    refuse(code) {
      refusal = code
      for (const stream of open.keys()) end(stream, code)
    },
    listening: () => open.size,
    calls: (method) => calls.filter((name) => name === method).length,
    close: () => server.forceShutdown(),
  }
}
