import { type Clause, clauses } from '../../../core/clause.ts'
import type { JsonValue } from '../../../core/json.ts'
import type { GrpcMethods } from '../../../core/protobuf/grpc-methods.ts'
import { type JsonLimits, readJson } from '../../../core/read-json.ts'
import { ok, type Refusal, type Result, refuse } from '../../../core/result.ts'
import type { WholeHttp } from './check-document.ts'
import { parseMultipart } from './parse-multipart.ts'
import { parseForm } from './parse-target.ts'

export const bodyClauses = clauses({
  length: 'opa-envoy-content-length',
  text: 'opa-envoy-body-utf8',
  form: 'opa-envoy-body-form',
  multipart: 'opa-envoy-body-multipart',
  path: 'opa-envoy-grpc-path',
  frame: 'opa-envoy-grpc-frame',
})

/** `parsed_body`, null where there is nothing to parse, and `truncated_body`. A truncated body is never parsed. */
export interface ParsedBody {
  readonly parsed: JsonValue
  readonly truncated: boolean
}

type Parse = (http: WholeHttp, path: readonly string[], methods: GrpcMethods | undefined) => Result<ParsedBody>

const nothing: Result<ParsedBody> = ok({ parsed: null, truncated: false })
const cut: Result<ParsedBody> = ok({ parsed: null, truncated: true })
const whole = (parsed: JsonValue): Result<ParsedBody> => ok({ parsed, truncated: false })

/** A content type is of the first row that it contains. */
const parsers: readonly (readonly [string, Parse])[] = [
  ['application/json', ofText((text) => parseJson(text))],
  ['application/grpc', parseGrpc],
  [
    'application/x-www-form-urlencoded',
    ofText((text) => parsedOr(parseForm(text), bodyClauses.form, 'the body is no URL-encoded form')),
  ],
  [
    'multipart/form-data',
    ofText((text, type) =>
      parsedOr(parseMultipart(text, type, parseJson), bodyClauses.multipart, 'the body is no multipart form'),
    ),
  ],
]

/**
 * Parses the body by its content type, as the plugin does. Where that answers 400 with its own error, this refuses with
 * REQUEST_MALFORMED. With `header_map` in place of `headers` no content type is seen, and nothing is parsed.
 */
export function parseBody(
  http: WholeHttp,
  path: readonly string[],
  methods: GrpcMethods | undefined,
): Result<ParsedBody> {
  if (http.headers.get('x-envoy-auth-partial-body') === 'true') return cut
  const type = http.headers.get('content-type')
  const found = type === undefined ? undefined : parsers.find(([name]) => type.includes(name))
  return found ? found[1](http, path, methods) : nothing
}

/** Of a text, or bytes of one, that is all there. */
function ofText(parse: (text: string, type: string) => Result<JsonValue>): Parse {
  return ({ headers, body, rawBody }) => {
    const bytes = body === '' ? rawBody : Buffer.from(body)
    if (bytes.length === 0) return nothing
    const length = headers.get('content-length')
    if (length !== undefined) {
      if (!/^[+-]?[0-9]{1,18}$/.test(length)) return bad(bodyClauses.length, 'content-length is not one number')
      if (Number(length) > bytes.length) return cut
    }
    const text = textOf(bytes)
    if (text === undefined) return bad(bodyClauses.text, 'the body is not UTF-8')
    const parsed = parse(text, headers.get('content-type') ?? '')
    return parsed.ok ? whole(parsed.value) : parsed
  }
}

const jsonLimits: JsonLimits = {
  length: 16 * 1_048_576,
  depth: 64,
  membersPerObject: 10_000,
  members: 100_000,
  stringLength: 16 * 1_048_576,
}

/** Strictly: a name that stands twice, or a number beyond a double, would be read otherwise by the service behind. */
const parseJson = (text: string): Result<JsonValue> => readJson(text, jsonLimits, 'REQUEST_MALFORMED')

const frameBytes = 5

/** The first message of a request that is not compressed, of a method whose client sends one. */
function parseGrpc(
  { rawBody }: WholeHttp,
  path: readonly string[],
  methods: GrpcMethods | undefined,
): Result<ParsedBody> {
  if (!methods || rawBody.length === 0) return nothing // without pack_as_bytes the proxy sends no raw body
  const [service, method, more] = path
  if (service === undefined || method === undefined || more !== undefined) {
    return bad(bodyClauses.path, 'the path of a gRPC request must be of a service and a method')
  }
  if (rawBody.length < frameBytes) return bad(bodyClauses.frame, 'a gRPC frame has 5 bytes before its message')
  if (rawBody[0] !== 0) return nothing
  const length = Buffer.from(rawBody.buffer, rawBody.byteOffset, rawBody.length).readUInt32BE(1)
  if (length > rawBody.length - frameBytes) return cut
  const read = methods(service, method)
  if (!read) return nothing
  const parsed = read(rawBody.subarray(frameBytes, frameBytes + length))
  return parsed.ok ? whole(parsed.value) : parsed
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

const parsedOr = (value: JsonValue | undefined, clause: Clause, detail: string): Result<JsonValue> =>
  value === undefined ? bad(clause, detail) : ok(value)

const bad = (clause: Clause, detail: string): Refusal => refuse('REQUEST_MALFORMED', clause, detail)
