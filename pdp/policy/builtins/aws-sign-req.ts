import { createHash, createHmac } from 'node:crypto'
import { compareText } from '../compare-values.ts'
import { isNumberValue, isObjectValue, numberText, type ObjectValue, objectOf, type Value } from '../value.ts'
import type { Builtin } from './builtin.ts'
import { goText } from './go-utf8.ts'
import { requestMembers } from './http-request-members.ts'
import { memberOf } from './read-token.ts'
import { utcStamp } from './time-utc-stamp.ts'
import { escapedPath, readWholeUri } from './whole-uri.ts'
import { writeGoJson } from './write-go-json.ts'

/**
 * `providers.aws.sign_req`: an HTTP request, as `http.send` takes it, with the headers that AWS Signature Version 4
 * asks for. The time is nanoseconds since 1970; undefined where a member is missing or of a wrong type.
 */
export const awsSignReq: Builtin = {
  name: 'providers.aws.sign_req',
  call(request, config, time) {
    if (!isObjectValue(request) || !isObjectValue(config) || !isNumberValue(time)) return undefined
    const at = readInt64(numberText(time))
    const headers = memberOf(request, 'headers') ?? objectOf()
    const [url, method] = [memberOf(request, 'url'), memberOf(request, 'method')]
    if (!request.entries.every(([name]) => typeof name === 'string' && requestMembers.has(name))) return undefined
    if (typeof url !== 'string' || typeof method !== 'string' || !isObjectValue(headers)) return undefined
    const signed = signedHeaders(
      { url, method, headers: headerTexts(headers), body: bodyOf(request) },
      readConfig(config),
      at,
    )
    const rest = request.entries.filter(([name]) => name !== 'headers')
    return objectOf(...rest, ['headers', objectOf(...signed)])
  },
}

interface Request {
  readonly url: string
  readonly method: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

interface Config {
  readonly service: string
  readonly accessKey: string
  readonly secretKey: string
  readonly region: string
  readonly sessionToken: string
  readonly signsBody: boolean
}

function readInt64(text: string): bigint {
  const value = /^-?\d+$/.test(text) ? BigInt(text) : undefined
  if (value === undefined || BigInt.asIntN(64, value) !== value) throw new Error('not an int64')
  return value
}

const textOf = (value: Value | undefined): string => (typeof value === 'string' ? value : '')

const headerTexts = (headers: ObjectValue): ReadonlyMap<string, string> =>
  new Map(headers.entries.map(([name, value]) => [textOf(name), textOf(value)]))

function bodyOf(request: ObjectValue): string {
  const raw = memberOf(request, 'raw_body')
  const body = memberOf(request, 'body')
  if (raw !== undefined) return textOf(raw)
  return body === undefined ? '' : writeGoJson(body)
}

function readConfig(config: ObjectValue): Config {
  const required = (name: string): string => {
    const value = memberOf(config, name)
    if (typeof value !== 'string') throw new Error('a required member is missing')
    return value
  }
  const unsigned = memberOf(config, 'disable_payload_signing') ?? false
  if (typeof unsigned !== 'boolean') throw new Error('not a boolean')
  return {
    service: required('aws_service'),
    accessKey: required('aws_access_key'),
    secretKey: required('aws_secret_access_key'),
    region: required('aws_region'),
    sessionToken: textOf(memberOf(config, 'aws_session_token')),
    signsBody: !unsigned,
  }
}

// what a proxy may change on the way
const ignored: readonly string[] = ['authorization', 'user-agent', 'x-amzn-trace-id']

function signedHeaders(request: Request, config: Config, at: bigint): readonly (readonly [string, string])[] {
  const uri = readWholeUri(Buffer.from(request.url).toString('latin1'))
  const { date, time } = utcStamp(at)
  const bodyHash = config.signsBody ? sha256(request.body) : 'UNSIGNED-PAYLOAD'
  const added = [
    ['host', goText(Buffer.from(uri.host, 'latin1'))],
    ['x-amz-date', time],
    ...(config.service === 's3' || config.service === 'glacier' ? [['x-amz-content-sha256', bodyHash]] : []),
    ...(config.sessionToken === '' ? [] : [['x-amz-security-token', config.sessionToken]]),
  ].map(([name = '', value = '']) => [name, value] as const)
  const own = [...request.headers].map(([name, value]) => [name.toLowerCase(), value] as const)
  const toSign = [...new Map([...added, ...own.filter(([name]) => !ignored.includes(name))])].toSorted(([a], [b]) =>
    compareText(a, b),
  )
  const names = toSign.map(([name]) => name).join(';')
  const canonical = [
    request.method,
    escapedPath(uri),
    goText(Buffer.from(uri.rawQuery, 'latin1')),
    ...toSign.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    bodyHash,
  ].join('\n')
  const scope = `${date}/${config.region}/${config.service}/aws4_request`
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`
  const key = [config.region, config.service, 'aws4_request'].reduce(mac, mac(`AWS4${config.secretKey}`, date))
  const authorization = `AWS4-HMAC-SHA256 Credential=${config.accessKey}/${scope},SignedHeaders=${names},Signature=${mac(key, text).toString('hex')}`
  return [...new Map([...request.headers, ['Authorization', authorization] as const, ...added])]
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const mac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
