import type { IncomingMessage } from 'node:http'
import { type FetchResult, fetchFault } from './fetched.ts'

/**
 * What an answer must be to be taken. Media types in lower case, without parameters, or `any`; they are asked of what
 * succeeded alone. Sizes in bytes.
 */
export interface Acceptable {
  readonly statuses: readonly number[]
  readonly mediaTypes: readonly string[] | 'any'
  readonly maximumBytes: number
}

/** The head of an answer, judged before a byte of its body is read. Answers the fault, or undefined. */
export function checkHead(response: IncomingMessage, acceptable: Acceptable): FetchResult | undefined {
  const status = response.statusCode ?? 0
  const { statuses, mediaTypes } = acceptable
  if (status >= 300 && status < 400 && !statuses.includes(status))
    return fetchFault('redirect', 'answered with a redirect; configure the final url')
  if (!statuses.includes(status)) return fetchFault('status', `answered with status ${status}`)
  const types = response.headersDistinct['content-type'] ?? []
  const type = types[0]?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (mediaTypes !== 'any' && status < 300 && (types.length !== 1 || !mediaTypes.includes(type))) {
    return fetchFault('media-type', 'answered with another media type than is taken here')
  }
  const encoding = response.headers['content-encoding'] ?? 'identity'
  if (encoding.toLowerCase() !== 'identity') return fetchFault('encoding', 'answered with a content encoding')
  if (Number(response.headers['content-length'] ?? 0) > acceptable.maximumBytes) return tooLarge(acceptable)
  return undefined
}

/** Collects the body, giving up at the first byte beyond the limit. `done` is called once at most. */
export function receiveBody(response: IncomingMessage, acceptable: Acceptable, done: (result: FetchResult) => void) {
  const chunks: Uint8Array[] = []
  let length = 0
  response.on('data', (chunk: Uint8Array) => {
    length += chunk.length
    if (length > acceptable.maximumBytes) {
      chunks.length = 0
      done(tooLarge(acceptable))
    } else chunks.push(chunk)
  })
  response.on('end', () => {
    const headers = new Map<string, string>()
    for (const [name, values] of Object.entries(response.headersDistinct)) headers.set(name, values?.join(', ') ?? '')
    done({ ok: true, value: { status: response.statusCode ?? 0, headers, body: Buffer.concat(chunks) } })
  })
}

const tooLarge = ({ maximumBytes }: Acceptable) => fetchFault('size', `answered with more than ${maximumBytes} bytes`)
