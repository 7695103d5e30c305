import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import { SignatureV4a } from '@smithy/signature-v4a'
import aws4 from 'aws4'
import { noon } from './clock.ts'
import type { AskParts } from './world.ts'

// Requests signed by those who sign for AWS: the SDK's own signers, and one by others.

export interface AwsKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** What is signed, and for what; unless told, for the orders service at noon. */
export interface Signing {
  readonly key: AwsKey
  readonly method?: string
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly region?: string
  readonly service?: string
  readonly now?: number
  readonly expiresIn?: number
}

class Sha256 {
  readonly #hash: Hash | Hmac
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret))
  }
  update(data: string | ArrayBuffer | ArrayBufferView) {
    this.#hash.update(bytesOf(data))
  }
  async digest() {
    return new Uint8Array(this.#hash.digest())
  }
  reset() {
    throw new Error('is never asked for')
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data)
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data)
}

const defaults = { method: 'GET', url: 'https://orders.example.org/v1/orders/42', region: 'eu-central-1' }

function requestOf({ method = defaults.method, url = defaults.url, headers = {}, body }: Signing) {
  const { hostname, pathname, searchParams, host } = new URL(url)
  const query: Record<string, string | string[]> = {}
  for (const name of new Set(searchParams.keys())) {
    const values = searchParams.getAll(name)
    query[name] = values.length === 1 ? (values[0] ?? '') : values
  }
  return {
    method,
    protocol: 'https:',
    hostname,
    path: pathname,
    query,
    headers: { host, ...headers },
    ...(body !== undefined && { body }),
  }
}

const settingsOf = ({ key, region = defaults.region, service = 'orders' }: Signing) => ({
  credentials: key,
  region,
  service,
  sha256: Sha256,
})

const dateOf = ({ now = noon }: Signing) => new Date(now)

interface Signed {
  readonly headers: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, unknown>>
}

/** What the enforcement point sends of it, with the digest of the body that it received. */
function asAsk(signing: Signing, { headers, query }: Signed): AskParts {
  const { method = defaults.method, url = defaults.url, body } = signing
  const { host: _, authorization, ...others } = lowerCased(headers)
  const target = new URL(url)
  const escape = (text: string) =>
    encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) =>
    [value].flat().map((one) => `${escape(name)}=${escape(String(one))}`),
  )
  return {
    method,
    url: query === undefined || pairs.length === 0 ? url : `${target.origin}${target.pathname}?${pairs.join('&')}`,
    headers: authorization === undefined ? {} : { authorization },
    covered: Object.fromEntries(Object.entries(others).map(([name, value]) => [name, [value]])),
    ...(body !== undefined && { bodyDigest: bodyDigestOf(body) }),
  }
}

const lowerCased = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]))

export const bodyDigestOf = (body: string): string => `sha-256=:${createHash('sha256').update(body).digest('base64')}:`

/** Signed by the signer of the AWS SDK, in headers. */
export async function signBySdk(signing: Signing): Promise<AskParts> {
  const signer = new SignatureV4(settingsOf(signing))
  return asAsk(signing, (await signer.sign(requestOf(signing), { signingDate: dateOf(signing) })) as Signed)
}

/** The same in the query. */
export async function presignBySdk(signing: Signing): Promise<AskParts> {
  const signer = new SignatureV4(settingsOf(signing))
  const { expiresIn = 60 } = signing
  const options = { signingDate: dateOf(signing), expiresIn }
  const { query, headers } = (await signer.presign(requestOf(signing), options)) as Signed
  return asAsk(signing, { headers, ...(query && { query }) })
}

/** The parts of a pre-signed `sts:GetCallerIdentity`, for the orders service unless told. */
export interface IdentitySigning extends Pick<Signing, 'key' | 'now' | 'expiresIn' | 'service'> {
  readonly endpoint?: string
  readonly audience?: string
  readonly action?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The URL of a pre-signed request to STS, as `aws eks get-token` signs it. */
export async function presignIdentity({
  endpoint = 'https://sts.eu-central-1.amazonaws.com',
  audience = 'https://orders.example.org',
  action = 'GetCallerIdentity',
  headers = { 'x-k8s-aws-id': audience },
  service = 'sts',
  ...rest
}: IdentitySigning): Promise<string> {
  const url = `${endpoint}/?Action=${action}&Version=2011-06-15`
  const { url: signed = '' } = await presignBySdk({ ...rest, url, headers, service })
  return signed
}

/** Such a URL as a token. */
export const identityToken = (url: string): string => `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`

/** Signed by the SDK for several regions at once. */
export async function signForRegions(signing: Signing): Promise<AskParts> {
  const signer = new SignatureV4a(settingsOf(signing))
  return asAsk(signing, (await signer.sign(requestOf(signing), { signingDate: dateOf(signing) })) as Signed)
}

/** Signed by a signer that is not of AWS, in headers or in the query. */
export function signByAws4(signing: Signing, where: 'header' | 'query' = 'header'): AskParts {
  const { key, region = defaults.region, service = 'orders', method = defaults.method, body } = signing
  const { host, pathname, search } = new URL(signing.url ?? defaults.url)
  const date = dateOf(signing)
    .toISOString()
    .replaceAll(/[:-]|\.\d{3}/g, '')
  const request = {
    method,
    host,
    path: `${pathname}${search}`,
    service,
    region,
    signQuery: where === 'query',
    headers: { ...signing.headers, ...(where === 'header' && { 'X-Amz-Date': date }) },
    ...(body !== undefined && { body }),
  }
  if (where === 'query') request.path += `${search === '' ? '?' : '&'}X-Amz-Date=${date}&X-Amz-Expires=60`
  const { headers = {}, path } = aws4.sign(request, key)
  return { ...asAsk(signing, { headers }), url: `https://${host}${path}` }
}
