import { Agent, request } from 'node:http'
import { type ClientHttp2Session, connect, constants } from 'node:http2'
import { checkPath } from '../../../pdp/doors/ext-authz/check-method.ts'
import { framed } from '../../../pdp/doors/grpc/framing.ts'
import { checkBytes, readCheckAnswer } from '../../support/check-messages.ts'

/** What became of calls. `wrong`: those that were not given up and not allowed. */
export interface Tally {
  readonly allowed: number
  readonly aborted: number
  readonly wrong: readonly string[]
}

export interface Caller {
  readonly tally: Tally
  /** Makes call number `n`; which are given up, and when, follows from the number. Never rejects. */
  call(headers: Readonly<Record<string, string>>, n: number): Promise<void>
  close(): void
}

/** Moments at which a call is given up; the others are carried through. */
const moments = [
  'never',
  'never',
  'never',
  'never',
  'at once',
  'within the message',
  'never',
  'never',
  'with the answer due',
] as const
const momentOf = (n: number) => moments[n % moments.length]
const callsPerConnection = 2_000

/** Unary calls over plain HTTP/2; now and then a connection ends with all that is under way on it. */
export function callDirectly(port: number, key: string): Caller {
  const tally = { allowed: 0, aborted: 0, wrong: [] as string[] }
  let session: ClientHttp2Session | undefined
  let calls = 0
  function connection(): ClientHttp2Session {
    if (calls++ % callsPerConnection === 0) {
      const old = session
      setTimeout(() => old?.destroy(), 2_000).unref() // what it carried is answered by then
      session = undefined
    }
    session ??= connect(`http://127.0.0.1:${port}`).on('error', () => undefined)
    return session
  }
  return {
    tally,
    call: (headers, n) =>
      new Promise((resolve) => {
        const moment = momentOf(n)
        const message = framed(checkBytes({ headers }))
        const stream = connection().request({
          ':method': 'POST',
          ':path': checkPath,
          'content-type': 'application/grpc',
          te: 'trailers',
          authorization: `Bearer ${key}`,
        })
        const parts: Buffer[] = []
        stream.on('data', (part: Buffer) => parts.push(part))
        stream.on('error', () => undefined)
        stream.on('close', () => {
          if (moment !== 'never') tally.aborted++
          else if (isAllow(Buffer.concat(parts))) tally.allowed++
          else tally.wrong.push(`call ${n} was not allowed`)
          resolve()
        })
        if (moment === 'within the message') stream.write(message.subarray(0, 40))
        else stream.end(message)
        if (moment === 'at once') stream.close(constants.NGHTTP2_CANCEL)
        else if (moment !== 'never') setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), n % 7)
      }),
    close: () => session?.destroy(),
  }
}

const isAllow = (answer: Buffer): boolean => answer.length > 5 && readCheckAnswer(answer.subarray(5)).code === 0

/** Requests of clients of the proxy, some of which go away while their check is under way. */
export function callThroughEnvoy(port: number): Caller {
  const tally = { allowed: 0, aborted: 0, wrong: [] as string[] }
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  return {
    tally,
    call: (headers, n) =>
      new Promise((resolve) => {
        const givenUp = momentOf(n) !== 'never'
        const options = { host: '127.0.0.1', port, path: '/v1/orders/42', agent: givenUp ? undefined : agent }
        const asked = request({ ...options, headers: { ...headers, host: 'orders.example.org' } }, (response) => {
          response.resume()
          if (!givenUp && response.statusCode === 200) tally.allowed++
          else if (!givenUp) tally.wrong.push(`request ${n} was answered ${response.statusCode}`)
        })
        asked.on('error', (error) => {
          if (!givenUp) tally.wrong.push(`request ${n}: ${error.message}`)
        })
        asked.on('close', () => {
          if (givenUp) tally.aborted++
          resolve()
        })
        asked.end()
        if (givenUp) setTimeout(() => asked.destroy(), n % 5)
      }),
    close: () => agent.destroy(),
  }
}
