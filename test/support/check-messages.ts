import { methodOf } from './grpc-protos.ts'

// Messages of ext_authz, written and read by gRPC's own library from the published protocols.

/** `AttributeContext.HttpRequest` as the library takes it. */
interface HttpAttributes {
  readonly id: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly path: string
  readonly host: string
  readonly scheme: string
  readonly size: number
  readonly protocol: string
  readonly body: string
  readonly rawBody: Uint8Array
  readonly headerMap: { readonly headers: readonly { key: string; value?: string; rawValue?: Uint8Array }[] }
}

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
  return check.requestSerialize({
    attributes: {
      source: { principal, certificate },
      request: {
        http: {
          id: '1',
          method: 'GET',
          headers: all,
          path: '/v1/orders/42',
          host: 'orders.example.org',
          scheme: 'https',
          size: -1,
          protocol: 'HTTP/2',
          ...changes,
        },
      },
      contextExtensions: service === '' ? extensions : { service, ...extensions },
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
  const view = check.responseDeserialize(answer)
  const { status, deniedResponse: denied, okResponse: ok, dynamicMetadata: metadata } = view as View
  return {
    code: status?.code ?? 0, // as Envoy reads it: absent is OK
    ...(denied && { http: denied.status?.code ?? 403, body: denied.body ?? '' }),
    headers: headersOf(denied?.headers ?? ok?.headers),
    removed: ok?.headersToRemove ?? [],
    responseHeaders: headersOf(ok?.responseHeadersToAdd),
    metadata: jsonOf(metadata),
  }
}

const check = methodOf('envoy.service.auth.v3.Authorization', 'Check')

interface HeaderOption {
  readonly header?: { readonly key?: string; readonly value?: string }
}

/** What the tests look at of `envoy.service.auth.v3.CheckResponse`. */
interface View {
  readonly status?: { readonly code?: number }
  readonly deniedResponse?: {
    readonly status?: { readonly code?: number }
    readonly headers?: readonly HeaderOption[]
    readonly body?: string
  }
  readonly okResponse?: {
    readonly headers?: readonly HeaderOption[]
    readonly headersToRemove?: readonly string[]
    readonly responseHeadersToAdd?: readonly HeaderOption[]
  }
  readonly dynamicMetadata?: StructView
}

interface StructView {
  readonly fields?: Readonly<Record<string, ValueView>>
}

interface ValueView {
  readonly stringValue?: string
  readonly numberValue?: number
  readonly boolValue?: boolean
  readonly structValue?: StructView
  readonly listValue?: { readonly values?: readonly ValueView[] }
}

const headersOf = (list: readonly HeaderOption[] = []) =>
  Object.fromEntries(list.map(({ header }) => [header?.key ?? '', header?.value ?? '']))

const jsonOf = ({ fields = {} }: StructView = {}): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, valueOf(value)]))

function valueOf({ stringValue, numberValue, boolValue, structValue, listValue }: ValueView): unknown {
  if (structValue) return jsonOf(structValue)
  if (listValue) return (listValue.values ?? []).map(valueOf)
  return stringValue ?? numberValue ?? boolValue ?? null
}
