import type { JsonObject } from '../../core/json.ts'
import { writeStruct } from '../../core/protobuf/struct.ts'
import { wireTypes } from '../../core/protobuf/wire-reader.ts'
import { type WireWriter, writeWire } from '../../core/protobuf/wire-writer.ts'

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

const overwriteOrAdd = 2
const text = wireTypes.bytes
const number = wireTypes.varint

/**
 * Writes `envoy.service.auth.v3.CheckResponse`, field by field: this is what every check costs. An absent status would be
 * an allow: it is always there, and 0 only for an allow.
 */
export function writeCheckResponse(reply: CheckReply): Buffer {
  const to = writeWire()
  to.tag(1, text)
  to.nested(writeStatus, reply.effect === 'allow' ? 0 : reply.grpc)
  if (reply.effect === 'allow') {
    to.tag(3, text)
    to.nested(writeOk, reply)
  } else {
    to.tag(2, text)
    to.nested(writeDenied, reply)
  }
  if (reply.metadata) {
    to.tag(4, text)
    to.nested(writeStruct, reply.metadata)
  }
  return to.finish()
}

/** `google.rpc.Status`. */
function writeStatus(to: WireWriter, code: 0 | 7 | 16): void {
  if (code === 0) return
  to.tag(1, number)
  to.varint(code)
  to.tag(2, text)
  to.text('denied')
}

function writeDenied(to: WireWriter, { http, headers, body }: DenyReply): void {
  to.tag(1, text)
  to.nested(writeHttpStatus, http)
  // of a denial Envoy takes what overwrites alone, with every value of a name; what is to be added it leaves out
  for (const [key, values] of Object.entries(headers))
    for (const value of listOf(values)) writeOption(to, 2, { key, value, add: false })
  if (body === '') return
  to.tag(3, text)
  to.text(body)
}

function writeHttpStatus(to: WireWriter, code: number): void {
  to.tag(1, number)
  to.varint(code)
}

function writeOk(to: WireWriter, reply: AllowReply): void {
  // the first value overwrites what is there, the others are added to it
  for (const [key, values] of Object.entries(reply.headers)) {
    let add = false
    for (const value of listOf(values)) {
      writeOption(to, 2, { key, value, add })
      add = true
    }
  }
  for (const name of reply.headersToRemove) writeText(to, 5, name)
  // on a response Envoy adds first and overwrites last: one value takes the place of what is there, several are added
  for (const [key, values] of Object.entries(reply.responseHeaders)) {
    const list = listOf(values)
    for (const value of list) writeOption(to, 6, { key, value, add: list.length > 1 })
  }
  for (const pair of reply.queryToSet ?? []) {
    to.tag(7, text)
    to.nested(writePair, { key: pair[0], value: pair[1] })
  }
  for (const name of reply.queryToRemove ?? []) writeText(to, 8, name)
}

const listOf = (values: string | readonly string[]): readonly string[] =>
  typeof values === 'string' ? [values] : values

function writeText(to: WireWriter, field: number, value: string): void {
  to.tag(field, text)
  to.text(value)
}

interface Option {
  readonly key: string
  readonly value: string
  /** To what is there; else it takes its place. */
  readonly add: boolean
}

/** `envoy.config.core.v3.HeaderValueOption`. */
function writeOption(to: WireWriter, field: number, option: Option): void {
  to.tag(field, text)
  to.nested(writeOptionFields, option)
}

// `append` and its action are both written: older Envoys look at the first alone, newer ones take an absent one for true.
function writeOptionFields(to: WireWriter, option: Option): void {
  to.tag(1, text)
  to.nested(writePair, option)
  to.tag(2, text)
  to.nested(writeBool, option.add)
  if (option.add) return // APPEND_IF_EXISTS_OR_ADD is 0
  to.tag(3, number)
  to.varint(overwriteOrAdd)
}

function writePair(to: WireWriter, { key, value }: Pick<Option, 'key' | 'value'>): void {
  if (key !== '') writeText(to, 1, key)
  if (value !== '') writeText(to, 2, value)
}

/** `google.protobuf.BoolValue`, present also where it is false. */
function writeBool(to: WireWriter, value: boolean): void {
  if (!value) return
  to.tag(1, number)
  to.varint(1)
}
