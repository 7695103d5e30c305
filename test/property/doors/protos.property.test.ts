import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { writeMessage } from '../../../pdp/core/protobuf/message.ts'
import { type CheckRequest, readCheckRequest } from '../../../pdp/doors/ext-authz/check-request.ts'
import { type CheckReply, writeCheckResponse } from '../../../pdp/doors/ext-authz/check-response.ts'
import { readWholeCheck, wholeCheck } from '../../../pdp/doors/ext-authz/opa-envoy/check-document.ts'
import { healthMethods } from '../../../pdp/doors/grpc/health.ts'
import { methodOf, type PlainMessage } from '../../support/grpc-protos.ts'

// The codecs that are written by hand, beside gRPC's own library, which reads the published files.

const check = methodOf('envoy.service.auth.v3.Authorization', 'Check')
const runs = { numRuns: 300 }

const text = fc.string({ unit: 'grapheme', maxLength: 200 }).filter((value) => value !== '0') // which would look like a number
const bytes = fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value))
const filled = fc.string({ minLength: 1, maxLength: 40 }).filter((value) => value !== '0')
const texts = fc.dictionary(fc.string({ minLength: 1, maxLength: 12 }), filled, { maxKeys: 6, noNullPrototype: true })
const some = <T extends object>(members: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(members, { requiredKeys: [], noNullPrototype: true })

const address = fc.oneof(
  fc.record({
    socketAddress: some({
      protocol: fc.constantFrom(0, 1),
      address: text,
      portValue: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      resolverName: text,
      ipv4Compat: fc.boolean(),
    }),
  }),
  fc.record({ socketAddress: some({ address: text, namedPort: filled }) }),
  fc.record({ pipe: some({ path: text, mode: fc.nat({ max: 511 }) }) }),
)
const peer = some({ address, service: text, labels: texts, principal: text, certificate: text })
const headers = some({ headers: fc.array(some({ key: text, value: text, rawValue: bytes }), { maxLength: 5 }) })
const http = some({
  id: text,
  method: text,
  headers: texts,
  path: text,
  host: text,
  scheme: text,
  query: text,
  fragment: text,
  size: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  protocol: text,
  body: text,
  rawBody: bytes,
  headerMap: headers,
})
const struct = fc
  .dictionary(fc.string({ maxLength: 8 }), filled, { maxKeys: 3, noNullPrototype: true })
  .map((members) => ({
    fields: Object.fromEntries(Object.entries(members).map(([name, stringValue]) => [name, { stringValue }])),
  }))
const metadata = some({
  filterMetadata: fc.dictionary(fc.string({ minLength: 1, maxLength: 9 }), struct, {
    maxKeys: 3,
    noNullPrototype: true,
  }),
})
const request = some({
  attributes: some({
    source: peer,
    destination: peer,
    request: some({ time: some({ seconds: fc.nat().map(String), nanos: fc.nat({ max: 999_999_999 }) }), http }),
    contextExtensions: texts,
    metadataContext: metadata,
    tlsSession: some({ sni: text }),
    routeMetadataContext: metadata,
  }),
})

const theirRequest = (value: PlainMessage): Buffer => check.requestSerialize(value)
const theirView = (message: Buffer): PlainMessage => withoutZeros(check.requestDeserialize(message)) as PlainMessage

/** The library writes zeros that are set; in proto3 they say what an absent field says. */
function withoutZeros(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map(withoutZeros)
  const members = Object.entries(value).filter(([, member]) => !isZero(member))
  return Object.fromEntries(members.map(([name, member]) => [name, withoutZeros(member)]))
}

const isZero = (value: unknown): boolean =>
  value === 0 || value === '0' || value === '' || value === false || (value instanceof Uint8Array && value.length === 0)

describe('CheckRequest', () => {
  test('what the library writes is read and written again without loss, with all that a proxy says', () => {
    fc.assert(
      fc.property(request, (given) => {
        const theirs = theirRequest(given)
        const read = readWholeCheck(theirs)
        expect(read).toMatchObject({ ok: true })
        if (read.ok) expect(theirView(writeMessage(wholeCheck, read.value))).toEqual(theirView(theirs))
      }),
      runs,
    )
  })

  test('the reader of the hot path sees what the library sees', () => {
    fc.assert(
      fc.property(request, (given) => {
        const read = readCheckRequest(theirRequest(given))
        expect(read.ok && plainOf(read.value)).toEqual(expectedOf(theirView(theirRequest(given))))
      }),
      runs,
    )
  })
})

const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce((found, name) => (found as PlainMessage | undefined)?.[name], value)

/** What the library read, as far as the hot path does. */
function expectedOf(view: PlainMessage): unknown {
  const http = at(view, 'attributes', 'request', 'http') as PlainMessage | undefined
  const map = http?.['headerMap'] as { headers?: readonly PlainMessage[] } | undefined
  const textOf = (name: string) => http?.[name] ?? ''
  return {
    certificate: at(view, 'attributes', 'source', 'certificate') ?? '',
    address: at(view, 'attributes', 'source', 'address', 'socketAddress', 'address') ?? '',
    extensions: at(view, 'attributes', 'contextExtensions') ?? {},
    http: http && {
      ...Object.fromEntries(['method', 'path', 'host', 'scheme'].map((name) => [name, textOf(name)])),
      headers: http['headers'] ?? {},
      headerMap:
        map && (map.headers ?? []).map((each) => [each['key'] ?? '', each['value'] ?? '', hex(each['rawValue'])]),
      body: hex(http['rawBody']) || Buffer.from(String(textOf('body'))).toString('hex'),
    },
  }
}

const hex = (value: unknown): string => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : '')

/** What the hot path read, in the same form. */
const plainOf = ({ certificate, sourceAddress, contextExtensions, http }: CheckRequest): unknown => ({
  certificate,
  address: sourceAddress,
  extensions: Object.fromEntries(contextExtensions),
  http: http && {
    method: http.method,
    path: http.path,
    host: http.host,
    scheme: http.scheme,
    headers: Object.fromEntries(http.headers),
    headerMap: http.headerMap?.map(({ key, value, rawValue }) => [key, value, hex(rawValue)]),
    body: hex(http.body),
  },
})

const setHeaders = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 20 }),
  fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })),
  { maxKeys: 6, noNullPrototype: true },
)
const flat = fc.dictionary(fc.string({ maxLength: 8 }), fc.oneof(text, fc.double({ noNaN: true }), fc.boolean()), {
  maxKeys: 4,
  noNullPrototype: true,
})

const reply: fc.Arbitrary<CheckReply> = fc.oneof(
  fc.record({
    effect: fc.constant('allow' as const),
    headers: setHeaders,
    headersToRemove: fc.array(text, { maxLength: 4 }),
    responseHeaders: setHeaders,
    queryToSet: fc.array(fc.tuple(text, text), { maxLength: 3 }),
    queryToRemove: fc.array(text, { maxLength: 3 }),
    metadata: flat,
  }),
  fc.record({
    effect: fc.constant('deny' as const),
    grpc: fc.constantFrom(7 as const, 16 as const),
    http: fc.integer({ min: 400, max: 599 }),
    headers: setHeaders,
    body: fc.string({ unit: 'grapheme', maxLength: 2_000 }),
    metadata: flat,
  }),
)

describe('CheckResponse', () => {
  test('the library reads what was meant', () => {
    fc.assert(
      fc.property(reply, (given) => {
        const view = check.responseDeserialize(writeCheckResponse(given))
        expect(at(view, 'status', 'code') ?? 0).toBe(given.effect === 'allow' ? 0 : given.grpc)
        expect(view['status'], 'an absent status would be an allow').toBeDefined()
        expect(
          Object.entries(at(view, 'dynamicMetadata', 'fields') ?? {}).map(([name, value]) => [name, jsonOf(value)]),
        ).toEqual(expect.arrayContaining(Object.entries(given.metadata ?? {})))
        if (given.effect === 'allow') {
          const ok = view['okResponse']
          expect(view['deniedResponse']).toBeUndefined()
          expect(optionsOf(at(ok, 'headers'))).toEqual(pairsOf(given.headers))
          expect(optionsOf(at(ok, 'responseHeadersToAdd'))).toEqual(pairsOf(given.responseHeaders))
          expect(at(ok, 'headersToRemove') ?? []).toEqual(given.headersToRemove)
          const query = (at(ok, 'queryParametersToSet') ?? []) as readonly PlainMessage[]
          expect(query.map((each) => [each['key'] ?? '', each['value'] ?? ''])).toEqual(given.queryToSet)
          expect(at(ok, 'queryParametersToRemove') ?? []).toEqual(given.queryToRemove)
        } else {
          const denied = view['deniedResponse']
          expect(view['okResponse']).toBeUndefined()
          expect(at(denied, 'status', 'code')).toBe(given.http)
          expect(at(denied, 'body') ?? '').toBe(given.body)
          expect(optionsOf(at(denied, 'headers'))).toEqual(pairsOf(given.headers))
        }
      }),
      runs,
    )
  })
})

const pairsOf = (headers: Readonly<Record<string, string | readonly string[]>>) =>
  Object.entries(headers).flatMap(([name, values]) => [values].flat().map((value) => [name, value]))

/** Name and value of each option; every one says what becomes of a header that is there. */
function optionsOf(options: unknown): readonly unknown[] {
  return ((options ?? []) as readonly PlainMessage[]).map((option) => {
    expect(option['append'], 'absent, older and newer proxies differ').toBeDefined()
    return [at(option, 'header', 'key') ?? '', at(option, 'header', 'value') ?? '']
  })
}

const jsonOf = (value: unknown): unknown =>
  at(value, 'stringValue') ?? at(value, 'numberValue') ?? at(value, 'boolValue')

describe('health', () => {
  const methods = healthMethods(['a'], { serving: () => true, watch: () => () => undefined })
  const call = (name: 'Check' | 'List', given: PlainMessage): PlainMessage => {
    const method = methodOf('grpc.health.v1.Health', name)
    const ours = methods.get(method.path)
    if (ours?.kind !== 'unary') throw new Error('no such method')
    const answer = ours.answer(method.requestSerialize(given), { headers: {}, socket: undefined as never })
    if (!Buffer.isBuffer(answer)) throw new Error('an error of the call')
    return method.responseDeserialize(answer)
  }

  test('Check and List say to the library what is served', () => {
    expect([call('Check', {}), call('Check', { service: 'a' })]).toEqual([{ status: 1 }, { status: 1 }])
    expect(call('List', {})).toEqual({ statuses: { '': { status: 1 }, a: { status: 1 } } })
  })
})
