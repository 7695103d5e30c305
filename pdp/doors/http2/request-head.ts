import type { Field } from './hpack/static-table.ts'

/** Header fields by name, in lower case. */
export type HeaderFields = Readonly<Record<string, string | undefined>>

/** The head of a request. Fields that stand twice are joined with commas, so that none of them hides another. */
export interface RequestHead {
  readonly method: string
  /** Empty where the method is CONNECT. */
  readonly path: string
  readonly headers: HeaderFields
  readonly contentLength?: number
}

/** The most that a head may hold: fields, and their bytes with 32 for each (RFC 9113 §6.5.2, SETTINGS_MAX_HEADER_LIST_SIZE). */
export const headLimits = { fields: 256, bytes: 131_072 } as const // twice what proxies take of their clients

const overheadBytes = 32
const name = /^[!#$%&'*+.^_`|~0-9a-z-]+$/ // a token of RFC 9110 §5.6.2, in lower case
// RFC 9113 §8.2.1: nothing that ends a field elsewhere, and no blanks around
const value = /^(?:[^\0\r\n\t ](?:[^\0\r\n]*[^\0\r\n\t ])?)?$/
/** §8.3.1: what each of them may be. */
const pseudoHeaders: Readonly<Record<string, RegExp>> = {
  ':method': /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/,
  ':scheme': /^[A-Za-z][A-Za-z0-9+.-]*$/,
  ':path': /^[\x21-\x7e\x80-\xff]+$/,
  ':authority': /^[!-"$-.0->A-[\]-~]*$/, // no user information, path or fragment; proxies send names of clusters, with bars
}
/** Fields of a connection of HTTP/1 (§8.2.2). */
const ofConnection: ReadonlySet<string> = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
])

/** Gathers the fields of a block. However many there are, no more is kept than may be. */
export interface FieldList {
  add(field: Field): void
  /** The fields; undefined where there are too many. */
  fields(): readonly Field[] | undefined
  /** Their bytes, with what is counted for each. */
  bytes(): number
}

export function createFieldList(): FieldList {
  const list: Field[] = []
  let bytes = 0
  let isTooLong = false
  return {
    add(field) {
      if (isTooLong) return
      bytes += field[0].length + field[1].length + overheadBytes
      isTooLong = list.length >= headLimits.fields || bytes > headLimits.bytes
      if (isTooLong) list.length = 0
      else list.push(field)
    },
    fields: () => (isTooLong ? undefined : list),
    bytes: () => bytes,
  }
}

/** The head that the fields make; undefined where the request is malformed (RFC 9113 §8.1.1). */
export function readRequestHead(fields: readonly Field[]): RequestHead | undefined {
  const pseudo = new Map<string, string>()
  const headers: Record<string, string> = Object.create(null) as Record<string, string> // any name may come
  let begun = false
  for (const [key, text] of fields) {
    if (key.startsWith(':')) {
      if (begun || pseudo.has(key) || !pseudoHeaders[key]?.test(text)) return undefined
      pseudo.set(key, text)
      continue
    }
    begun = true
    if (!isRegular(key, text)) return undefined
    const before = headers[key]
    headers[key] = before === undefined ? text : `${before}, ${text}`
  }
  const method = pseudo.get(':method')
  if (!method || !isWhole(pseudo) || !isOneHost(pseudo.get(':authority'), headers['host'])) return undefined
  const length = headers['content-length']
  if (length !== undefined && !/^[0-9]{1,15}$/.test(length)) return undefined // two of them, too
  const path = pseudo.get(':path') ?? ''
  return { method, path, headers, ...(length !== undefined && { contentLength: Number(length) }) }
}

/** Whether the pseudo-headers are those of the method (§8.3.1, of CONNECT §8.5). */
const isWhole = (pseudo: ReadonlyMap<string, string>): boolean =>
  pseudo.get(':method') === 'CONNECT'
    ? Boolean(pseudo.get(':authority')) && !pseudo.has(':path') && !pseudo.has(':scheme')
    : Boolean(pseudo.get(':path')) && Boolean(pseudo.get(':scheme'))

const isOneHost = (authority: string | undefined, host: string | undefined): boolean =>
  authority === undefined || host === undefined || host === authority

/** Whether the fields may end a request: trailers have no pseudo-headers (§8.1). */
export const areTrailers = (fields: readonly Field[]): boolean => fields.every(([key, text]) => isRegular(key, text))

const isRegular = (key: string, text: string): boolean =>
  name.test(key) && value.test(text) && !ofConnection.has(key) && (key !== 'te' || text.toLowerCase() === 'trailers')
