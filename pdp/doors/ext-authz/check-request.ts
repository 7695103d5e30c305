import { map, one, optional, repeated } from '../../core/protobuf/fields.ts'
import { type MessageOf, message, type ProtobufLimits, readMessage } from '../../core/protobuf/message.ts'
import { bytes, int64, string } from '../../core/protobuf/types.ts'
import type { Result } from '../../core/result.ts'

// envoy/service/auth/v3/external_auth.proto and attribute_context.proto, as far as they are read here. What is left out is
// skipped on the wire: of `source`, its name, principal and labels are never evidence.

const address = message({ socketAddress: optional(1, message({ address: one(2, string) })) })

const peer = message({ address: optional(1, address), certificate: one(5, string) })

const headerValue = message({ key: one(1, string), value: one(2, string), rawValue: one(3, bytes) })

const headerMap = message({ headers: repeated(1, headerValue) })

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
  headerMap: optional(13, headerMap),
})

const attributes = message({
  source: optional(1, peer),
  request: optional(4, message({ http: optional(2, http) })),
  contextExtensions: map(10, string, string),
})

const checkRequest = message({ attributes: optional(1, attributes) })

/** `envoy.service.auth.v3.CheckRequest`. Callers may leave any of it out. */
export type CheckRequest = MessageOf<typeof checkRequest>

/** `AttributeContext.HttpRequest`: names of headers in lower case, repeated ones joined with commas unless in `headerMap`. */
export type HttpRequest = MessageOf<typeof http>

const limits: ProtobufLimits = { bytes: 4 * 1_048_576, depth: 16, fields: 4_096 }

/** Reads the message of a call. Refuses with REQUEST_MALFORMED. */
export const readCheckRequest = (message: Uint8Array, most = limits.bytes): Result<CheckRequest> =>
  readMessage(checkRequest, message, { ...limits, bytes: most }, 'REQUEST_MALFORMED')
