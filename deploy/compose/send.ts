import { request } from 'node:http'
import { request as requestTls } from 'node:https'

export type Headers = Readonly<Record<string, string | string[]>>

/** One request. `to`: who is connected to; `host`: whom it is for. */
export interface Call {
  readonly to: string
  readonly host: string
  readonly path: string
  readonly headers: Headers
  readonly body?: string
}

/** Sends it as it is, under a name for the attempt; answers the status, or `no way` where nobody answers. */
export function send({ to, host, path, headers, body }: Call, attempt: string, ca: string): Promise<number | 'no way'> {
  const { protocol, hostname, port } = new URL(to)
  return new Promise((resolve) => {
    const make = protocol === 'https:' ? requestTls : request
    const outgoing = make(
      {
        hostname,
        port,
        path,
        ca,
        servername: host,
        checkServerIdentity: () => undefined, // whose name is asked for is part of some attempts; the key is known
        method: body === undefined ? 'GET' : 'POST',
        headers: { host, 'x-attempt': attempt, ...headers },
        agent: false,
        timeout: 5_000,
      },
      (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 'no way'))
      },
    )
    outgoing.on('timeout', () => outgoing.destroy()).on('error', () => resolve('no way'))
    outgoing.end(body)
  })
}
