import { createHash, createHmac } from 'node:crypto'
import { type Instant, toRfc3339 } from '../core/time.ts'

/** A request to sign. `url` is sent as it is written; `headers` are all signed, in lower case. */
export interface AwsRequest {
  readonly method: 'GET' | 'PUT'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Who signs, for which service in which region, and when. */
export interface AwsSigner {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
  readonly service: string
  readonly now: Instant
}

const hex = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')
const hmac = (key: string | Uint8Array, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/**
 * Signs a request with AWS Signature Version 4. Answers the headers to send, with `authorization`, `x-amz-date` and
 * `x-amz-content-sha256` among them. The path of the URL is taken as encoded once, as S3 has it.
 */
export function signAws(request: AwsRequest, signer: AwsSigner): Readonly<Record<string, string>> {
  const { method, url, body } = request
  const time = `${toRfc3339(signer.now).replaceAll(/[-:]|\.\d+/g, '')}`
  const day = time.slice(0, 8)
  const digest = hex(body)
  const headers: Record<string, string> = {
    ...request.headers,
    host: url.host,
    'x-amz-date': time,
    'x-amz-content-sha256': digest,
  }
  const names = Object.keys(headers).sort()
  const signed = names.join(';')
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&')
  const lines = names.map((name) => `${name}:${(headers[name] ?? '').trim().replaceAll(/ +/g, ' ')}\n`).join('')
  const canonical = [method, url.pathname, query, lines, signed, digest].join('\n')
  const scope = `${day}/${signer.region}/${signer.service}/aws4_request`
  const key = [day, signer.region, signer.service, 'aws4_request'].reduce<string | Uint8Array>(
    (before, part) => hmac(before, part),
    `AWS4${signer.secretAccessKey}`,
  )
  const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope, hex(canonical)].join('\n')).toString('hex')
  const credential = `${signer.accessKeyId}/${scope}`
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${signed},Signature=${signature}`,
  }
}

// all but the unreserved characters of RFC 3986
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
