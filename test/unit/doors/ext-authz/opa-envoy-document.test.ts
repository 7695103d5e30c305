import { describe, expect, test } from 'vitest'
import type { JsonObject, JsonValue } from '../../../../pdp/core/json.ts'
import { fileDescriptorSet, readDescriptors } from '../../../../pdp/core/protobuf/descriptors.ts'
import type { GrpcMethods } from '../../../../pdp/core/protobuf/grpc-methods.ts'
import { type MessageOf, writeMessage } from '../../../../pdp/core/protobuf/message.ts'
import { readWholeCheck, wholeCheck } from '../../../../pdp/doors/ext-authz/opa-envoy/check-document.ts'
import { documentOf } from '../../../../pdp/doors/ext-authz/opa-envoy/with-document.ts'
import { usualDialect } from '../../../support/opa-envoy.ts'

interface Given {
  readonly path?: string
  readonly type?: string
  readonly body?: string
  readonly raw?: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  readonly methods?: GrpcMethods
  readonly attributes?: Partial<NonNullable<MessageOf<typeof wholeCheck>['attributes']>>
}

function documentFor({ path = '/', type, body = '', raw = Buffer.alloc(0), headers = {}, methods, attributes }: Given) {
  const all = new Map(Object.entries({ ...(type !== undefined && { 'content-type': type }), ...headers }))
  const http = { id: '', method: '', headers: all, path, host: '', scheme: '', query: '', fragment: '' }
  const bytes = writeMessage(wholeCheck, {
    attributes: {
      contextExtensions: new Map(),
      ...attributes,
      request: { ...attributes?.request, http: { ...http, size: 0n, protocol: '', body, rawBody: raw } },
    },
  })
  const check = readWholeCheck(bytes)
  return check.ok ? documentOf(check.value, { ...usualDialect, ...(methods && { methods }) }) : check
}

function shown(given: Given): JsonObject {
  const document = documentFor(given)
  if (!document.ok) throw new Error(`${document.clause}: ${document.detail}`)
  return document.value
}

describe('the message as JSON', () => {
  test('has addresses, times, metadata and session as the plugin shows them', () => {
    const document = shown({
      attributes: {
        source: {
          address: {
            socketAddress: {
              protocol: 0,
              address: '10.0.0.1',
              portValue: 0,
              resolverName: '',
              ipv4Compat: false,
              networkNamespaceFilepath: '',
            },
          },
          service: 'front',
          labels: new Map([['app', '']]),
          principal: 'spiffe://mesh/front',
          certificate: '-----BEGIN',
        },
        destination: {
          address: { pipe: { path: '@a', mode: 0 } },
          service: '',
          labels: new Map(),
          principal: '',
          certificate: '',
        },
        request: { time: { seconds: 1_700_000_000n, nanos: 5 } },
        contextExtensions: new Map([['a', 'b']]),
        metadataContext: {
          filterMetadata: new Map([
            ['envoy.filters.http.jwt_authn', { payload: { sub: 'ann', n: 0, ok: false, list: [null, ''] } }],
          ]),
          typedFilterMetadata: new Map(),
        },
        routeMetadataContext: { filterMetadata: new Map([['route', {}]]), typedFilterMetadata: new Map() },
        tlsSession: { sni: 'orders.example.org' },
      },
    })
    expect(document['attributes']).toEqual({
      source: {
        address: { socketAddress: { address: '10.0.0.1', portValue: 0 } },
        service: 'front',
        labels: { app: '' },
        principal: 'spiffe://mesh/front',
        certificate: '-----BEGIN',
      },
      destination: { address: { pipe: { path: '@a' } } },
      request: { time: { seconds: 1_700_000_000, nanos: 5 }, http: { path: '/' } },
      contextExtensions: { a: 'b' },
      metadataContext: {
        filterMetadata: {
          'envoy.filters.http.jwt_authn': { payload: { sub: 'ann', n: 0, ok: false, list: [null, ''] } },
        },
      },
      routeMetadataContext: { filterMetadata: { route: {} } },
      tlsSession: { sni: 'orders.example.org' },
    })
    expect(document['source_principal']).toBe('spiffe://mesh/front')
  })
})

describe('path and query', () => {
  const rows: readonly (readonly [string, readonly string[], JsonObject])[] = [
    ['/', [''], {}],
    ['/api/v1/products', ['api', 'v1', 'products'], {}],
    ['//a', ['a'], {}],
    ['/a//b/', ['a', '', 'b', ''], {}],
    ['/a%2fb', ['a', 'b'], {}],
    ['/a/../b/.', ['a', '..', 'b', '.'], {}],
    ['/a+b', ['a+b'], {}],
    ['/a?', ['a'], {}],
    ['/a?x=1&y=a+b&x=%26&z&&=v', ['a'], { x: ['1', '&'], y: ['a b'], z: [''], '': ['v'] }],
    ['/a?b?c=d', ['a'], { 'b?c': ['d'] }],
    ['/a?__proto__=1', ['a'], Object.fromEntries([['__proto__', ['1']]])],
  ]
  test.each(rows)('%s', (path, segments, query) => {
    expect(shown({ path })).toMatchObject({ parsed_path: segments })
    expect(shown({ path })['parsed_query']).toEqual(query)
  })

  const bad = [
    ['/%zz', 'opa-envoy-parsed-path', '/%7a'],
    ['/%ff', 'opa-envoy-parsed-path', '/%c3%bf'],
    ['/?a=%z', 'opa-envoy-parsed-query', '/?a=%7a'],
    ['/?a;b', 'opa-envoy-parsed-query', '/?a%3bb'],
  ] as const
  test.each(bad)('%s is refused', (path, clause, twin) => {
    expect(documentFor({ path: twin })).toMatchObject({ ok: true })
    expect(documentFor({ path })).toMatchObject({ ok: false, code: 'REQUEST_MALFORMED', clause })
  })
})

const json = 'application/json'
const form = 'application/x-www-form-urlencoded'
const parts = (lineEnd: string, ...all: readonly string[]) =>
  all.map((part) => `--b${lineEnd}${part.replaceAll('\n', lineEnd)}${lineEnd}`).join('') + `--b--${lineEnd}`
const text = 'Content-Disposition: form-data; name="t"\n\nhello'
const object = 'Content-Disposition: form-data; name="j"\nContent-Type: application/json\n\n{"a": [1]}'
const multipart = 'multipart/form-data; boundary=b'

describe('bodies', () => {
  const rows: readonly (readonly [string, Given, JsonValue])[] = [
    ['no content type', { body: '{}' }, null],
    ['a type that is not parsed', { type: 'text/html', body: '{}' }, null],
    ['JSON', { type: json, body: '{"a":[1,null]}' }, { a: [1, null] }],
    ['JSON with a charset', { type: `${json}; charset=utf-8`, body: '"é"', headers: { 'content-length': '4' } }, 'é'],
    ['a scalar', { type: json, body: '42' }, 42],
    ['JSON as bytes', { type: json, raw: Buffer.from('true') }, true],
    ['an empty body', { type: json, headers: { 'content-length': '9' } }, null],
    ['a length that is not known', { type: json, body: '1', headers: { 'content-length': '-1' } }, 1],
    ['a form', { type: form, body: 'a=1&b=x+y&a=%32' }, { a: ['1', '2'], b: ['x y'] }],
    ['a form as bytes', { type: form, raw: Buffer.from('a=1') }, { a: ['1'] }],
    ['parts', { type: multipart, body: parts('\r\n', text, object) }, { t: ['hello'], j: [{ a: [1] }] }],
    ['parts with bare line feeds', { type: multipart, body: parts('\n', text) }, { t: ['hello'] }],
    [
      'parts with a preamble, a quoted boundary and a name twice',
      { type: 'multipart/form-data; charset=x; boundary="b"', body: `pre\n${parts('\n', text, text)}post` },
      { t: ['hello', 'hello'] },
    ],
    [
      'a part whose text holds a longer boundary',
      { type: multipart, body: parts('\n', `${text}\n--bx`) },
      { t: ['hello\n--bx'] },
    ],
    [
      'a file',
      { type: multipart, body: parts('\n', 'Content-Disposition: form-data; name=f; filename="a;b"\n\n') },
      { f: [''] },
    ],
    ['a part without a name', { type: multipart, body: parts('\n', 'Content-Disposition: form-data\n\nx') }, {}],
    ['no boundary', { type: 'multipart/form-data', body: 'x' }, null],
    ['gRPC without descriptors', { type: 'application/grpc', raw: Buffer.from([0, 0, 0, 0, 0]) }, null],
  ]
  test.each(rows)('%s', (_, given, parsed) => {
    const document = shown(given)
    expect(document).toMatchObject({ truncated_body: false })
    expect(document['parsed_body']).toEqual(parsed)
  })

  const cut: readonly (readonly [string, Given, Given])[] = [
    (
      [
        [json, '{"a":1}'],
        [form, 'a=1'],
        [multipart, parts('\n', text)],
      ] as const
    ).flatMap(([type, body]) => {
      const whole = {
        type,
        body,
        headers: { 'content-length': String(body.length), 'x-envoy-auth-partial-body': 'false' },
      }
      return [
        [
          `${type}: the proxy says so`,
          { ...whole, headers: { ...whole.headers, 'x-envoy-auth-partial-body': 'true' } },
          whole,
        ],
        [
          `${type}: shorter than its length`,
          { ...whole, headers: { 'content-length': String(body.length + 1) } },
          whole,
        ],
      ] as const
    }),
  ].flat()
  test.each(cut)('truncated, and not parsed: %s', (_, given, whole) => {
    expect(shown(whole)).toMatchObject({ truncated_body: false, parsed_body: expect.anything() })
    expect(shown(given)).toMatchObject({ truncated_body: true, parsed_body: null })
  })

  const refused: readonly (readonly [string, Given, string, Given])[] = [
    ['no JSON', { type: json, body: '["a" : 1}' }, 'json-syntax', { type: json, body: '["a", 1]' }],
    ['more after JSON', { type: json, body: '{} {}' }, 'json-syntax', { type: json, body: '{} ' }],
    [
      'a name twice',
      { type: json, body: '{"a":1,"a":2}' },
      'json-duplicate-key',
      { type: json, body: '{"a":1,"b":2}' },
    ],
    [
      'a number beyond a double',
      { type: json, body: '12345678901234567890' },
      'json-number',
      { type: json, body: '1234567890123456' },
    ],
    [
      'JSON that is not UTF-8',
      { type: json, raw: Buffer.from('"\xff"', 'latin1') },
      'opa-envoy-body-utf8',
      { type: json, raw: Buffer.from('"\xff"') },
    ],
    [
      'two lengths',
      { type: json, body: '1', headers: { 'content-length': '1,1' } },
      'opa-envoy-content-length',
      { type: json, body: '1', headers: { 'content-length': '1' } },
    ],
    [
      'a form with a semicolon',
      { type: form, body: 'a=1;b=2' },
      'opa-envoy-body-form',
      { type: form, body: 'a=1&b=2' },
    ],
    ...(
      [
        ['parts that do not end', '--b\n\nx', '--b\n\nx\n--b--'],
        ['a part without an empty line', '--b\nX: y\n--b--', '--b\nX: y\n\n\n--b--'],
        ['a header that is none', '--b\nX y\n\n\n--b--', '--b\nX: y\n\n\n--b--'],
        ['a header of a part twice', '--b\nX: y\nx: z\n\n\n--b--', '--b\nX: y\nz: z\n\n\n--b--'],
        [
          'an encoded part',
          '--b\nContent-Transfer-Encoding: quoted-printable\n\n=41\n--b--',
          '--b\nX: y\n\n=41\n--b--',
        ],
        ['JSON in a part that is none', parts('\n', object.replace('[1]', '[1')), parts('\n', object)],
        ['two names of a part', parts('\n', text.replace('name="t"', 'name="t"; name="u"')), parts('\n', text)],
      ] as const
    ).map(
      ([what, body, twin]) =>
        [what, { type: multipart, body }, 'opa-envoy-body-multipart', { type: multipart, body: twin }] as const,
    ),
  ]
  test.each(refused)('refused: %s', (_, given, clause, twin) => {
    expect(documentFor(twin)).toMatchObject({ ok: true })
    expect(documentFor(given)).toMatchObject({ ok: false, code: 'REQUEST_MALFORMED', clause })
  })
})

type Files = MessageOf<typeof fileDescriptorSet>['files']
type Field = Files[number]['messages'][number]['fields'][number]

const field = (name: string, number: number, type: number, more: Partial<Field> = {}): Field => ({
  name,
  number,
  type,
  label: 1,
  typeName: '',
  jsonName: name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
  ...more,
})
const type = (name: string, fields: readonly Field[], nested: Files[number]['messages'] = [], mapEntry = false) => ({
  name,
  fields,
  nested,
  enums: [],
  options: { mapEntry },
})
const [int32, int64, string, message, enumeration] = [5, 3, 9, 11, 14]

const book = type(
  'GetBooks',
  [
    field('author', 1, string),
    field('max_pages', 2, int64),
    field('shelf', 3, enumeration, { typeName: '.com.book.Shelf' }),
    field('years', 4, int32, { label: 3 }),
    field('tags', 5, message, { label: 3, typeName: '.com.book.GetBooks.TagsEntry' }),
    field('since', 6, message, { typeName: '.google.protobuf.Timestamp' }),
    field('by_id', 7, int32, { oneofIndex: 0 }),
    field('by_name', 8, string, { oneofIndex: 0 }),
    field('inner', 9, message, { typeName: '.com.book.GetBooks' }),
  ],
  [type('TagsEntry', [field('key', 1, string), field('value', 2, int32)], [], true)],
)
const files: Files = [
  {
    package: 'com.book',
    messages: [book],
    enums: [
      {
        name: 'Shelf',
        values: [
          { name: 'ANY', number: 0 },
          { name: 'TOP', number: 1 },
        ],
      },
    ],
    services: [
      {
        name: 'BookService',
        methods: [
          { name: 'GetBooks', input: '.com.book.GetBooks', clientStreaming: false },
          { name: 'Upload', input: '.com.book.GetBooks', clientStreaming: true },
        ],
      },
    ],
    syntax: 'proto3',
  },
  {
    package: 'google.protobuf',
    messages: [type('Timestamp', [field('seconds', 1, int64), field('nanos', 2, int32)])],
    enums: [],
    services: [],
    syntax: 'proto3',
  },
]
const read = readDescriptors(writeMessage(fileDescriptorSet, { files }))
if (!read.ok) throw new Error(read.detail)
const methods = read.value

const framed = (hex: string, length = hex.length / 2) =>
  Buffer.concat([Buffer.from([0, 0, 0, 0, length]), Buffer.from(hex, 'hex')])
const grpc = (raw: Uint8Array, path = '/com.book.BookService/GetBooks'): Given => ({
  type: 'application/grpc+proto',
  raw,
  path,
  methods,
})

describe('gRPC bodies', () => {
  const rows: readonly (readonly [string, Given, JsonValue])[] = [
    ['a text', grpc(framed('0a044a6f686e')), { author: 'John' }],
    ['an empty message', grpc(framed('')), {}],
    ['a number of 64 bits', grpc(framed('10ffffffffffffffff7f')), { maxPages: '9223372036854775807' }],
    ['zeros, which are not set', grpc(framed('0a0010001800')), {}],
    ['an enum by name, and one without', grpc(framed('1801')), { shelf: 'TOP' }],
    ['an enum that has no name', grpc(framed('1807')), { shelf: 7 }],
    ['numbers, packed and not', grpc(framed('220201022003')), { years: [1, 2, 3] }],
    ['a map', grpc(framed('2a050a0161100a2a030a0162')), { tags: { a: 10, b: 0 } }],
    ['a time', grpc(framed('320b0880e2cfaa061080ade204')), { since: '2023-11-14T22:13:20.010Z' }],
    ['a zero that was chosen', grpc(framed('3800')), { byId: 0 }],
    ['a message within', grpc(framed('4a060a044a6f686e')), { inner: { author: 'John' } }],
    ['the first of two messages', grpc(Buffer.concat([framed('0a0141'), framed('0a0142')])), { author: 'A' }],
    ['a field that is not known', grpc(framed('a00601')), {}],
    ['a service that is not known', grpc(framed(''), '/com.book.Other/GetBooks'), null],
    ['a method that is not known', grpc(framed(''), '/com.book.BookService/Other'), null],
    ['a client that streams', grpc(framed(''), '/com.book.BookService/Upload'), null],
    ['a compressed message', grpc(Buffer.from([1, 0, 0, 0, 0])), null],
    ['no bytes', grpc(Buffer.alloc(0)), null],
  ]
  test.each(rows)('%s', (_, given, parsed) => {
    const document = shown(given)
    expect(document).toMatchObject({ truncated_body: false })
    expect(document['parsed_body']).toEqual(parsed)
  })

  test('truncated, and not parsed: a frame that is longer than what is there', () => {
    expect(shown(grpc(framed('0a0141')))).toMatchObject({ truncated_body: false, parsed_body: { author: 'A' } })
    expect(shown(grpc(framed('0a0141', 4)))).toMatchObject({ truncated_body: true, parsed_body: null })
  })

  const bad: readonly (readonly [string, Given, string])[] = [
    ['a path of three segments', grpc(framed('0a0141'), '/a/b/c'), 'opa-envoy-grpc-path'],
    ['less than a frame', grpc(Buffer.from([0, 0])), 'opa-envoy-grpc-frame'],
    ['a message that ends early', grpc(framed('0a0541')), 'protobuf-truncated'],
    ['a field of another type', grpc(framed('0801')), 'protobuf-wire-type'],
    ['a field twice', grpc(framed('0a01410a0142')), 'protobuf-field-twice'],
    ['two of which one is chosen', grpc(framed('3801420141')), 'protobuf-field-twice'],
    ['a key twice', grpc(framed('2a030a01612a030a0161')), 'protobuf-field-twice'],
    ['text that is not UTF-8', grpc(framed('0a01ff')), 'protobuf-utf8'],
  ]
  test.each(bad)('refused: %s', (_, given, clause) => {
    expect(documentFor(grpc(framed('0a0141')))).toMatchObject({ ok: true })
    expect(documentFor(given)).toMatchObject({ ok: false, code: 'REQUEST_MALFORMED', clause })
  })

  test('a time beyond its range has no JSON form', () => {
    expect(documentFor(grpc(framed('320408011001')))).toMatchObject({ ok: true })
    expect(documentFor(grpc(framed('320a08ffffffffffffffff7f')))).toMatchObject({ clause: 'protobuf-json-form' })
  })

  test('descriptors without their imports, or of an edition, are refused', () => {
    const set = (changed: Files) => readDescriptors(writeMessage(fileDescriptorSet, { files: changed }))
    expect(set(files)).toMatchObject({ ok: true })
    expect(set(files.slice(0, 1))).toMatchObject({ ok: false, clause: 'protobuf-descriptor-type' })
    expect(set(files.map((file) => ({ ...file, syntax: 'editions' })))).toMatchObject({
      ok: false,
      clause: 'protobuf-descriptor-syntax',
    })
  })
})
