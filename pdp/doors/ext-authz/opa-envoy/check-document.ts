import { evidenceHeaders } from '../../../core/evidence-headers.ts'
import type { JsonObject, JsonValue } from '../../../core/json.ts'
import { map, one, optional, repeated } from '../../../core/protobuf/fields.ts'
import { type MessageOf, message, type ProtobufLimits, readMessage } from '../../../core/protobuf/message.ts'
import { fromStruct, struct, writeStruct } from '../../../core/protobuf/struct.ts'
import { bool, bytes, int32, int64, type ScalarType, string, uint32 } from '../../../core/protobuf/types.ts'
import type { Result } from '../../../core/result.ts'

// envoy/service/auth/v3/attribute_context.proto and what it needs, whole: members are named as in JSON.

const any = message({ typeUrl: one(1, string), value: one(2, bytes) })

/** A message as the value of a map, read as JSON at once. */
const mapped = (
  read: ScalarType<JsonObject>['read'],
  write: ScalarType<JsonObject>['write'],
): ScalarType<JsonObject> => ({
  wire: struct.wire,
  zero: {},
  isZero: () => false,
  read,
  write,
})

const structs = mapped(
  (from) => fromStruct(struct.read(from)),
  (to, value) => to.nested(writeStruct, value),
)
const anys = mapped(
  (from) => setMembers(any.read(from)),
  () => undefined, // never sent by us
)

const metadata = message({ filterMetadata: map(1, string, structs), typedFilterMetadata: map(2, string, anys) })

const socketAddress = message({
  protocol: one(1, int32),
  address: one(2, string),
  portValue: optional(3, uint32),
  namedPort: optional(4, string),
  resolverName: one(5, string),
  ipv4Compat: one(6, bool),
  networkNamespaceFilepath: one(7, string),
})

const address = message({
  socketAddress: optional(1, socketAddress),
  pipe: optional(2, message({ path: one(1, string), mode: one(2, uint32) })),
  envoyInternalAddress: optional(3, message({ serverListenerName: optional(1, string), endpointId: one(2, string) })),
})

const peer = message({
  address: optional(1, address),
  service: one(2, string),
  labels: map(3, string, string),
  principal: one(4, string),
  certificate: one(5, string),
})

const headerValue = message({ key: one(1, string), value: one(2, string), rawValue: one(3, bytes) })

const http = message({
  id: one(1, string),
  method: one(2, string),
  headers: map(3, string, string),
  path: one(4, string),
  host: one(5, string),
  scheme: one(6, string),
  query: one(7, string),
  fragment: one(8, string),
  size: one(9, int64),
  protocol: one(10, string),
  body: one(11, string),
  rawBody: one(12, bytes),
  headerMap: optional(13, message({ headers: repeated(1, headerValue) })),
})

const attributes = message({
  source: optional(1, peer),
  destination: optional(2, peer),
  request: optional(
    4,
    message({ time: optional(1, message({ seconds: one(1, int64), nanos: one(2, int32) })), http: optional(2, http) }),
  ),
  contextExtensions: map(10, string, string),
  metadataContext: optional(11, metadata),
  tlsSession: optional(12, message({ sni: one(1, string) })),
  routeMetadataContext: optional(13, metadata),
})

/** `envoy.service.auth.v3.CheckRequest`, with all that the proxy says. */
export const wholeCheck = message({ attributes: optional(1, attributes) })

export type WholeCheck = MessageOf<typeof wholeCheck>
export type WholeHttp = MessageOf<typeof http>

const limits: ProtobufLimits = { bytes: 16 * 1_048_576, depth: 64, fields: 65_536 }

/** Reads the message of a call. Refuses with REQUEST_MALFORMED. */
export const readWholeCheck = (bytes: Uint8Array): Result<WholeCheck> =>
  readMessage(wholeCheck, bytes, limits, 'REQUEST_MALFORMED')

/** The message as a JSON object; without headers that carry credentials, unless they are to be `exposed`. */
export function checkDocument({ attributes }: WholeCheck, exposed: boolean): JsonObject {
  const http = attributes?.request?.http
  if (exposed || !http) return setMembers({ attributes })
  const shown = {
    ...http,
    headers: new Map([...http.headers].filter(([name]) => isShown(name))),
    headerMap: http.headerMap && { headers: http.headerMap.headers.filter(({ key }) => isShown(key)) },
  }
  return setMembers({ attributes: { ...attributes, request: { ...attributes.request, http: shown } } })
}

const credentialHeaders: ReadonlySet<string> = new Set([
  ...evidenceHeaders,
  'cookie',
  'proxy-authorization',
  'x-amz-security-token',
])

const isShown = (name: string): boolean => !credentialHeaders.has(name.toLowerCase())

/** Members of a `oneof`: set where they are there, whatever they are. */
const alternatives: ReadonlySet<string> = new Set(['portValue', 'namedPort', 'serverListenerName'])

/** The fields that are set, which of a scalar means that it is not its zero. */
function setMembers(message: object): JsonObject {
  const members: [string, JsonValue][] = []
  for (const [name, value] of Object.entries(message as Readonly<Record<string, unknown>>)) {
    const json = jsonOf(value)
    if (json !== undefined && (!isEmpty(value) || alternatives.has(name))) members.push([name, json])
  }
  return Object.fromEntries(members)
}

/** Numbers of 64 bits as numbers and times as seconds and nanoseconds, as the plugin shows them. */
function jsonOf(value: unknown): JsonValue | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Map) return Object.fromEntries(value as ReadonlyMap<string, JsonValue>) // maps hold texts or JSON
  if (Array.isArray(value)) return value.map((item: object) => setMembers(item)) // lists are of messages
  return typeof value === 'object' && value !== null ? setMembers(value) : undefined
}

const isEmpty = (value: unknown): boolean =>
  value === '' ||
  value === 0 ||
  value === 0n ||
  value === false ||
  (value instanceof Map && value.size === 0) ||
  ((Array.isArray(value) || value instanceof Uint8Array) && value.length === 0)
