import { request } from 'node:http'

/** What the health listener answered. */
export interface HealthAnswer {
  readonly status: number
  readonly body: string
}

const maximumBytes = 8 * 1024 * 1024

/**
 * Asks the health listener: at `http://HOST:PORT`, `HOST:PORT` or `unix:PATH`. Follows nothing. Rejects, in words for the
 * operator, where there is no whole answer in time.
 */
export function askHealth(where: string, path: string, timeoutMs: number): Promise<HealthAnswer> {
  const unix = where.startsWith('unix:') ? where.slice('unix:'.length) : undefined
  const url = unix === undefined ? urlOf(where) : new URL('http://localhost')
  return new Promise((resolve, reject) => {
    const place = unix === undefined ? { host: bare(url.hostname), port: url.port || 80 } : { socketPath: unix }
    const outgoing = request({ ...place, path, agent: false, headers: { host: url.host } }, (response) => {
      const pieces: Buffer[] = []
      let length = 0
      response.on('data', (piece: Buffer) => {
        length += piece.length
        if (length > maximumBytes) outgoing.destroy(new Error('the answer is too large'))
        else pieces.push(piece)
      })
      response.on('error', (error) => failed(error))
      response.on('end', () => {
        clearTimeout(timer)
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces).toString('utf8') })
      })
    })
    const timer = setTimeout(() => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    const failed = (error: Error) => {
      clearTimeout(timer)
      reject(new Error('code' in error ? `cannot be reached (${String(error.code)})` : error.message))
    }
    outgoing.on('error', failed)
    outgoing.end()
  })
}

/** Whether a text says where a health listener can be: it speaks plain HTTP, or HTTP on a socket. */
export function isHealthPlace(where: string): boolean {
  if (where.startsWith('unix:')) return where.length > 'unix:'.length
  try {
    const { protocol, username, password, pathname, search, hash } = urlOf(where)
    return protocol === 'http:' && username === '' && password === '' && `${pathname}${search}${hash}` === '/'
  } catch {
    return false
  }
}

const urlOf = (where: string): URL => new URL(where.includes('://') ? where : `http://${where}`)

const bare = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1')
