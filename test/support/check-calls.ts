import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { map, one, optional, repeated } from '../../pdp/core/protobuf/fields.ts'
import { type MessageOf, message, readMessage, writeMessage } from '../../pdp/core/protobuf/message.ts'
import { bytes, int64, string } from '../../pdp/core/protobuf/types.ts'
import { fromStruct } from '../../pdp/core/protobuf/struct.ts'
import { checkPath } from '../../pdp/doors/ext-authz/check-method.ts'
import { checkResponse } from '../../pdp/doors/ext-authz/check-response.ts'
import { createConcurrencyLimit } from '../../pdp/doors/concurrency-limit.ts'
import { createExtAuthzServer, type ExtAuthzServerParts } from '../../pdp/doors/ext-authz/create-server.ts'
import type { GrpcLimits } from '../../pdp/doors/grpc/create-server.ts'
import { createTestDecisionPoint, gatewayKey, type TestDecisionPoint } from './decision-point.ts'

// The message as Envoy fills it, with what the door leaves unread.
const peer = message({ service: one(2, string), principal: one(4, string), certificate: one(5, string) })
const http = message({
  id: one(1, string),
  method: one(2, string),
  headers: map(3, string, string),
  path: one(4, string),
  host: one(5, string),
  scheme: one(6, string),
  size: one(9, int64),
  protocol: one(10, string),
  body: one(11, string),
  rawBody: one(12, bytes),
  headerMap: optional(
    13,
    message({ headers: repeated(1, message({ key: one(1, string), value: one(2, string), rawValue: one(3, bytes) })) }),
  ),
})
const checkRequest = message({
  attributes: optional(
    1,
    message({
      source: optional(1, peer),
      destination: optional(2, peer),
      request: optional(4, message({ http: optional(2, http) })),
      contextExtensions: map(10, string, string),
    }),
  ),
})

export type HttpAttributes = MessageOf<typeof http>

export interface CheckGiven {
  readonly headers?: Readonly<Record<string, string>>
  readonly http?: Partial<HttpAttributes>
  readonly service?: string
  readonly extensions?: Readonly<Record<string, string>>
  readonly certificate?: string
  readonly principal?: string
}

/** The bytes of a check of `GET https://orders.example.org/v1/orders/42`. */
export function checkBytes({ headers = {}, http: changes = {}, ...given }: CheckGiven = {}): Buffer {
  const { service = 'orders', extensions = {}, certificate = '', principal = '' } = given
  const all = { ':authority': 'orders.example.org', ':method': 'GET', ':path': '/v1/orders/42', ...headers }
  return writeMessage(checkRequest, {
    attributes: {
      source: { service: '', principal, certificate },
      request: {
        http: {
          id: '1',
          method: 'GET',
          headers: new Map(Object.entries(all)),
          path: '/v1/orders/42',
          host: 'orders.example.org',
          scheme: 'https',
          size: -1n,
          protocol: 'HTTP/2',
          body: '',
          rawBody: Buffer.alloc(0),
          ...changes,
        },
      },
      contextExtensions: new Map(Object.entries(service === '' ? extensions : { service, ...extensions })),
    },
  })
}

/** A check's answer as a client reads it. */
export interface CheckAnswer {
  readonly code: number
  readonly http?: number
  readonly body?: string
  readonly headers: Readonly<Record<string, string>>
  readonly removed: readonly string[]
  readonly responseHeaders: Readonly<Record<string, string>>
  readonly metadata: Readonly<Record<string, unknown>>
}

export function readCheckAnswer(answer: Buffer): CheckAnswer {
  const read = readMessage(checkResponse, answer, { bytes: 65_536, depth: 64, fields: 10_000 }, 'INTERNAL')
  if (!read.ok) throw new Error(read.detail)
  const { status, denied, ok, metadata } = read.value
  const headersOf = (
    list: readonly { readonly header?: { readonly key: string; readonly value: string } | undefined }[] = [],
  ) => Object.fromEntries(list.map(({ header }) => [header?.key ?? '', header?.value ?? '']))
  return {
    code: status?.code ?? 0, // as Envoy reads it: absent is OK
    ...(denied && { http: denied.status?.code ?? 403, body: denied.body }),
    headers: headersOf(denied?.headers ?? ok?.headers),
    removed: ok?.headersToRemove ?? [],
    responseHeaders: headersOf(ok?.responseHeadersToAdd),
    metadata: metadata ? fromStruct(metadata) : {},
  }
}

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
  const server = createExtAuthzServer({
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
    },
  }
}
