import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { checkPath } from '../../pdp/doors/ext-authz/check-method.ts'
import { createConcurrencyLimit } from '../../pdp/doors/concurrency-limit.ts'
import { createExtAuthzServer, type ExtAuthzServerParts } from '../../pdp/doors/ext-authz/create-server.ts'
import type { GrpcLimits } from '../../pdp/doors/grpc/methods.ts'
import { checkBytes, type CheckAnswer, type CheckGiven, readCheckAnswer } from './check-messages.ts'
import { createTestDecisionPoint, gatewayKey, type TestDecisionPoint } from './decision-point.ts'

const testGrpcLimits: GrpcLimits = {
  messageBytes: 262_144,
  streamsPerConnection: 64,
  connections: 64,
  requestTimeoutMs: 600,
  idleTimeoutMs: 10_000,
}

/** An ext_authz listener over the test world, with a client of gRPC's own library. */
export interface CheckServer {
  readonly port: number
  readonly server: Server
  readonly point: TestDecisionPoint
  readonly refused: string[]
  /** The answer, or the error of the call. The gateway's key goes with it unless `key` says otherwise. */
  call(bytes: Uint8Array, more?: { key?: string; timeoutMs?: number; path?: string }): Promise<Buffer | ServiceError>
  check(given?: CheckGiven, more?: { key?: string; timeoutMs?: number }): Promise<CheckAnswer>
  close(): Promise<void>
}

export async function startCheckServer(
  changes: Partial<ExtAuthzServerParts> = {},
  given?: TestDecisionPoint,
): Promise<CheckServer> {
  const point = given ?? (await createTestDecisionPoint())
  const refused: string[] = []
  const listener = createExtAuthzServer({
    current: () => point,
    listener: 'ext_authz',
    concurrency: createConcurrencyLimit({ maximum: 64, targetMs: 10_000 }),
    limits: testGrpcLimits,
    events: { refused: ({ clause }) => void refused.push(clause), decided: () => undefined },
    certificateOf: async () => undefined,
    health: { serving: () => true, watch: () => () => undefined },
    now: () => performance.now(),
    ...changes,
  })
  const { server } = listener
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { 'grpc.max_send_message_length': -1 })
  const asIs = (text: Buffer) => text
  const call: CheckServer['call'] = (text, { key = gatewayKey, timeoutMs = 5_000, path = checkPath } = {}) =>
    new Promise((resolve) => {
      const metadata = new Metadata()
      if (key !== '') metadata.set('authorization', `Bearer ${key}`)
      const options = { deadline: Date.now() + timeoutMs }
      client.makeUnaryRequest(path, asIs, asIs, Buffer.from(text), metadata, options, (error, answer) =>
        resolve(error ?? answer ?? Buffer.alloc(0)),
      )
    })
  return {
    port,
    server,
    point,
    refused,
    call,
    async check(given, more) {
      const answer = await call(checkBytes(given), more)
      if (!Buffer.isBuffer(answer)) throw new Error(`the call failed: ${answer.message}`)
      return readCheckAnswer(answer)
    },
    async close() {
      client.close()
      server.close()
      listener.leave()
    },
  }
}
