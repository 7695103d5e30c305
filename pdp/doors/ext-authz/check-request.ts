import { single } from '../../core/protobuf/fields.ts'
import { type ProtobufLimits, readFieldsOf } from '../../core/protobuf/message.ts'
import { bytes, string } from '../../core/protobuf/types.ts'
import { numberOf, ProtobufFault, type WireReader, wireOf, wireTypes } from '../../core/protobuf/wire-reader.ts'
import type { Result } from '../../core/result.ts'

// envoy/service/auth/v3/external_auth.proto and attribute_context.proto, as far as they are read here, field by field:
// this is what every check costs. What is left out is skipped on the wire: of `source`, its name, principal and labels
// are never evidence.

/** `envoy.service.auth.v3.CheckRequest`. Callers may leave any of it out. */
export interface CheckRequest {
  /** Of `attributes.source`, as Envoy encodes it; empty where there is none. */
  readonly certificate: string
  /** The address that the proxy saw, in its own form; empty where there is none, as of a pipe. */
  readonly sourceAddress: string
  readonly contextExtensions: ReadonlyMap<string, string>
  readonly http?: HttpRequest
}

/** `AttributeContext.HttpRequest`: names of headers in lower case, repeated ones joined with commas unless in `headerMap`. */
export interface HttpRequest {
  readonly method: string
  readonly path: string
  readonly host: string
  readonly scheme: string
  readonly headers: ReadonlyMap<string, string>
  readonly headerMap?: readonly RawHeader[]
  /** Absent where the proxy sends none, which an empty body looks like too. */
  readonly body?: Uint8Array
}

export interface RawHeader {
  readonly key: string
  readonly value: string
  readonly rawValue: Uint8Array
}

const limits: ProtobufLimits = { bytes: 4 * 1_048_576, depth: 16, fields: 4_096 }

/** Reads the message of a call. Refuses with REQUEST_MALFORMED. */
export const readCheckRequest = (message: Uint8Array, most = limits.bytes): Result<CheckRequest> =>
  readFieldsOf(readCheck, message, { ...limits, bytes: most }, 'REQUEST_MALFORMED')

const none: ReadonlyMap<string, string> = new Map()
const noSource: Source = { certificate: '', sourceAddress: '' }
const absent: CheckRequest = { ...noSource, contextExtensions: none }

type Source = Pick<CheckRequest, 'certificate' | 'sourceAddress'>

const readCheck = (from: WireReader): CheckRequest => only(from, 1, readAttributes) ?? absent

function readAttributes(from: WireReader): CheckRequest {
  let source: Source | undefined
  let http: { readonly of?: HttpRequest } | undefined
  let extensions: Map<string, string> | undefined
  while (!from.isEmpty()) {
    const tag = from.tag()
    const number = numberOf(tag)
    if (number === 1) source = entered(from, tag, source, readSource)
    else if (number === 4) http = entered(from, tag, http, readRequest)
    else if (number === 10) extensions = addPair(from, tag, extensions)
    else from.skip(wireOf(tag))
  }
  return {
    ...(source ?? noSource),
    contextExtensions: extensions ?? none,
    ...(http?.of && { http: http.of }),
  }
}

function readSource(from: WireReader): Source {
  let address: { readonly of: string | undefined } | undefined
  let certificate: string | undefined
  while (!from.isEmpty()) {
    const tag = from.tag()
    const number = numberOf(tag)
    if (number === 1) address = entered(from, tag, address, readAddress)
    else if (number === 5) certificate = single(string, certificate, wireOf(tag), from)
    else from.skip(wireOf(tag))
  }
  return { certificate: certificate ?? '', sourceAddress: address?.of ?? '' }
}

/** `Address.socket_address`. */
const readAddress = (from: WireReader) => ({ of: only(from, 1, readSocketAddress) })

function readSocketAddress(from: WireReader): string {
  let address: string | undefined
  while (!from.isEmpty()) {
    const tag = from.tag()
    if (numberOf(tag) === 2) address = single(string, address, wireOf(tag), from)
    else from.skip(wireOf(tag))
  }
  return address ?? ''
}

function readRequest(from: WireReader): { readonly of?: HttpRequest } {
  const http = only(from, 2, readHttp)
  return http ? { of: http } : {}
}

function readHttp(from: WireReader): HttpRequest {
  const texts: (string | undefined)[] = [] // by the number of their field
  let headers: Map<string, string> | undefined
  let headerMap: RawHeader[] | undefined
  let asText: Uint8Array | undefined
  let asBytes: Uint8Array | undefined
  while (!from.isEmpty()) {
    const tag = from.tag()
    const number = numberOf(tag)
    if (number === 3) headers = addPair(from, tag, headers)
    else if (number >= 2 && number <= 6) texts[number] = single(string, texts[number], wireOf(tag), from)
    else if (number === 11) asText = single(bytes, asText, wireOf(tag), from)
    else if (number === 12) asBytes = single(bytes, asBytes, wireOf(tag), from)
    else if (number === 13) headerMap = entered(from, tag, headerMap, readHeaderMap)
    else from.skip(wireOf(tag))
  }
  const body = asBytes?.length ? asBytes : asText
  return {
    method: texts[2] ?? '',
    path: texts[4] ?? '',
    host: texts[5] ?? '',
    scheme: texts[6] ?? '',
    headers: headers ?? none,
    ...(headerMap && { headerMap }),
    ...(body?.length && { body }),
  }
}

function readHeaderMap(from: WireReader): RawHeader[] {
  const headers: RawHeader[] = []
  while (!from.isEmpty()) {
    const tag = from.tag()
    if (numberOf(tag) === 1) headers.push(entered(from, tag, undefined, readHeader))
    else from.skip(wireOf(tag))
  }
  return headers
}

function readHeader(from: WireReader): RawHeader {
  let key: string | undefined
  let value: string | undefined
  let rawValue: Uint8Array | undefined
  while (!from.isEmpty()) {
    const tag = from.tag()
    const number = numberOf(tag)
    if (number === 1) key = single(string, key, wireOf(tag), from)
    else if (number === 2) value = single(string, value, wireOf(tag), from)
    else if (number === 3) rawValue = single(bytes, rawValue, wireOf(tag), from)
    else from.skip(wireOf(tag))
  }
  return { key: key ?? '', value: value ?? '', rawValue: rawValue ?? bytes.zero }
}

/** The message under one number, where it is the only field that is read. */
function only<T>(from: WireReader, number: number, read: (inner: WireReader) => T): T | undefined {
  let found: T | undefined
  while (!from.isEmpty()) {
    const tag = from.tag()
    if (numberOf(tag) === number) found = entered(from, tag, found, read)
    else from.skip(wireOf(tag))
  }
  return found
}

/** A message that may stand once. */
function entered<T>(from: WireReader, tag: number, before: T | undefined, read: (inner: WireReader) => T): T {
  if (wireOf(tag) !== wireTypes.bytes) throw new ProtobufFault('type', 'a field has another type than it should')
  if (before !== undefined) throw new ProtobufFault('twice', 'a field that is no list stands twice')
  return from.enter(read)
}

/** An entry of a map of texts. Readers disagree on which one counts of a key that stands twice. */
function addPair(from: WireReader, tag: number, before: Map<string, string> | undefined): Map<string, string> {
  const { key, value } = entered(from, tag, undefined, readHeader)
  const entries = before ?? new Map<string, string>()
  if (entries.has(key)) throw new ProtobufFault('twice', 'a key of a map stands twice')
  return entries.set(key, value)
}
