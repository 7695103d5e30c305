import type { JsonValue } from '../../../core/json.ts'
import type { Result } from '../../../core/result.ts'

const maximumParts = 1_000

/**
 * `multipart/form-data` (RFC 7578) as name → values in their order: texts, files too, and the values of parts that are
 * JSON. Null where the content type names no boundary; undefined for what is no such form, for one that two readers could
 * read differently, and for encoded parts. Lines end as the first one does.
 */
export function parseMultipart(
  text: string,
  contentType: string,
  parseJson: (text: string) => Result<JsonValue>,
): JsonValue | undefined {
  const parameters = parametersOf(contentType)
  const boundary = parameters?.get('boundary')
  if (boundary === undefined) return parameters && null
  const parts = partsOf(text, boundary)
  if (!parts) return undefined
  const values = new Map<string, JsonValue[]>()
  for (const part of parts) {
    const fields = headersOf(part.head)
    const name = fields && nameOf(fields)
    if (!fields || name === undefined) return undefined
    if (name === '') continue
    const json = fields.get('content-type')?.includes('application/json') === true ? parseJson(part.body) : undefined
    if (json?.ok === false) return undefined
    values.set(name, [...(values.get(name) ?? []), json ? json.value : part.body])
  }
  return Object.fromEntries(values)
}

/** The name of a part; empty for one that is no part of a form, undefined for one that two readers read differently. */
function nameOf(fields: ReadonlyMap<string, string>): string | undefined {
  const written = fields.get('content-disposition')
  const disposition = parametersOf(written ?? 'none')
  if (!disposition || fields.has('content-transfer-encoding') || disposition.has('name*')) return undefined
  return /^\s*form-data\s*(?:;|$)/i.test(written ?? '') ? (disposition.get('name') ?? '') : ''
}

interface Part {
  readonly head: readonly string[]
  readonly body: string
}

/** What stands between delimiters; undefined where the last one is missing. */
function partsOf(text: string, boundary: string): readonly Part[] | undefined {
  const delimiter = `--${boundary}`
  const first = text.startsWith(delimiter) ? 0 : text.indexOf(`\n${delimiter}`) + 1
  if (!text.startsWith(delimiter, first)) return undefined
  const lineEnd = /^[ \t]*(\r?\n)/.exec(text.slice(first + delimiter.length))?.[1]
  if (lineEnd === undefined) return text.startsWith('--', first + delimiter.length) ? [] : undefined
  const parts: Part[] = []
  const pieces = text.slice(first + delimiter.length).split(lineEnd + delimiter)
  let piece = ''
  for (const [i, next] of pieces.entries()) {
    const ends = i === 0 || /^(?:--)?[ \t]*(?:\r?\n|$)/.test(next) || next.startsWith('--')
    if (!ends) {
      piece += lineEnd + delimiter + next // a longer word that only begins like the delimiter
      continue
    }
    if (i > 0) {
      const part = partOf(piece, lineEnd)
      if (!part || parts.length === maximumParts) return undefined
      parts.push(part)
      if (next.startsWith('--')) return parts
    }
    piece = next
  }
  return undefined
}

/** From the end of the delimiter's line on: lines of headers, an empty one, and the body. */
function partOf(piece: string, lineEnd: string): Part | undefined {
  const begin = piece.indexOf(lineEnd)
  if (begin < 0 || piece.slice(0, begin).trim() !== '') return undefined
  const rest = piece.slice(begin) // a part without headers begins with the empty line
  const blank = rest.indexOf(lineEnd + lineEnd)
  if (blank < 0) return undefined
  const head = rest.slice(lineEnd.length, Math.max(lineEnd.length, blank))
  return { head: head === '' ? [] : head.split(lineEnd), body: rest.slice(blank + 2 * lineEnd.length) }
}

/** Names in lower case; undefined for a line that is no header, or a name that stands twice. */
function headersOf(lines: readonly string[]): ReadonlyMap<string, string> | undefined {
  const headers = new Map<string, string>()
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined || headers.has(name.toLowerCase())) return undefined
    headers.set(name.toLowerCase(), value)
  }
  return headers
}

const parameter = /\s*;\s*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))\s*)?/y

/** Parameters of a header value, after its first word; undefined where they are none, or one stands twice. */
function parametersOf(value: string): ReadonlyMap<string, string> | undefined {
  const parameters = new Map<string, string>()
  const first = value.indexOf(';')
  if (first < 0) return parameters
  parameter.lastIndex = first
  while (parameter.lastIndex < value.length) {
    const found = parameter.exec(value)
    if (!found) return undefined
    const [, name, quoted, plain] = found
    if (name === undefined) continue // an empty parameter
    if (parameters.has(name.toLowerCase())) return undefined
    parameters.set(name.toLowerCase(), quoted === undefined ? (plain ?? '') : quoted.replace(/\\(.)/g, '$1'))
  }
  return parameters
}
