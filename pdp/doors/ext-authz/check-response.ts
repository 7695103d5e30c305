import type { JsonObject } from '../../core/json.ts'
import { one, optional, repeated } from '../../core/protobuf/fields.ts'
import { message, writeMessage } from '../../core/protobuf/message.ts'
import { struct, toStruct } from '../../core/protobuf/struct.ts'
import { bool, int32, string } from '../../core/protobuf/types.ts'

// envoy/service/auth/v3/external_auth.proto, as far as it is written here.

/** Header name → its values, which take the place of any that are there. */
export type SetHeaders = Readonly<Record<string, string | readonly string[]>>

/**
 * What is answered to a check. An allow changes the request on its way to the service, and what the client receives.
 *
 * - `grpc`: 7 PERMISSION_DENIED or 16 UNAUTHENTICATED. `http`: the status the client receives.
 * - `metadata`: under `envoy.filters.http.ext_authz`, for access logs and later filters.
 */
export type CheckReply = AllowReply | DenyReply

export interface AllowReply {
  readonly effect: 'allow'
  readonly headers: SetHeaders
  readonly headersToRemove: readonly string[]
  readonly responseHeaders: SetHeaders
  readonly queryToSet?: readonly (readonly [string, string])[]
  readonly queryToRemove?: readonly string[]
  readonly metadata?: JsonObject
}

export interface DenyReply {
  readonly effect: 'deny'
  readonly grpc: 7 | 16
  readonly http: number
  readonly headers: SetHeaders
  readonly body: string
  readonly metadata?: JsonObject
}

// Both are written: older Envoys look at `append` alone, newer ones take an absent one for true.
const headerValueOption = message({
  header: optional(1, message({ key: one(1, string), value: one(2, string) })),
  append: optional(2, message({ value: one(1, bool) })),
  appendAction: one(3, int32),
  keepEmptyValue: one(4, bool),
})

const httpStatus = message({ code: one(1, int32) })

const deniedResponse = message({
  status: optional(1, httpStatus),
  headers: repeated(2, headerValueOption),
  body: one(3, string),
})

const okResponse = message({
  headers: repeated(2, headerValueOption),
  headersToRemove: repeated(5, string),
  responseHeadersToAdd: repeated(6, headerValueOption),
  queryToSet: repeated(7, message({ key: one(1, string), value: one(2, string) })),
  queryToRemove: repeated(8, string),
})

/** `envoy.service.auth.v3.CheckResponse`. */
export const checkResponse = message({
  status: optional(1, message({ code: one(1, int32), message: one(2, string) })),
  denied: optional(2, deniedResponse),
  ok: optional(3, okResponse),
  metadata: optional(4, struct),
})

const overwriteOrAdd = 2
const appendOrAdd = 0

/** Writes the message. An absent status would be an allow: it is always there, and 0 only for an allow. */
export function writeCheckResponse(reply: CheckReply): Buffer {
  const metadata = reply.metadata && { metadata: toStruct(reply.metadata) }
  if (reply.effect !== 'allow') {
    const denied = { status: { code: reply.http }, headers: writeDenialHeaders(reply.headers), body: reply.body }
    return writeMessage(checkResponse, { status: { code: reply.grpc, message: 'denied' }, denied, ...metadata })
  }
  const { headers, headersToRemove, responseHeaders, queryToSet = [], queryToRemove = [] } = reply
  const ok = {
    headers: writeHeaders(headers),
    headersToRemove,
    responseHeadersToAdd: writeResponseHeaders(responseHeaders),
    queryToSet: queryToSet.map(([key, value]) => ({ key, value })),
    queryToRemove,
  }
  return writeMessage(checkResponse, { status: { code: 0, message: '' }, ok, ...metadata })
}

/** Of a denial Envoy takes what overwrites alone, with every value of a name; what is to be added it leaves out. */
const writeDenialHeaders = (headers: SetHeaders) =>
  writeHeaders(headers).map((option) => ({ ...option, append: { value: false }, appendAction: overwriteOrAdd }))

/** On a response Envoy adds first and overwrites last: one value takes the place of what is there, several are added. */
const writeResponseHeaders = (headers: SetHeaders) =>
  Object.entries(headers).flatMap(([key, values]) =>
    writeHeaders({ [key]: values }).map((option, _, { length }) =>
      length > 1 ? { ...option, append: { value: true }, appendAction: appendOrAdd } : option,
    ),
  )

/** The first value overwrites what is there, the others are added to it. */
const writeHeaders = (headers: SetHeaders) =>
  Object.entries(headers).flatMap(([key, values]) =>
    [values].flat().map((value: string, i) => ({
      header: { key, value },
      append: { value: i > 0 },
      appendAction: i > 0 ? appendOrAdd : overwriteOrAdd,
      keepEmptyValue: false,
    })),
  )
