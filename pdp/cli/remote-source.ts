import { request as requestHttp, type RequestOptions } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { ReadBounds, StoredRecord } from '../audit/read-records.ts'
import { readLine, seqOf } from '../audit/export/stored-line.ts'
import { originOf, type RecordSource } from '../audit/query/record-source.ts'
import { readEntryBundle } from '../audit/tree/entry-bundle.ts'
import { fullWidth, tilePath } from '../audit/tree/tile-path.ts'

/** - `at`: `https://host:port` or `unix:PATH` of an administration listener. `key`, `ca`: of an operator, to trust. */
export interface RemoteLog {
  readonly at: string
  readonly key?: string
  readonly ca?: string
}

/** A log that is asked over a wire does not answer as it should. */
export class RemoteFault extends Error {
  override readonly name = 'RemoteFault'
}

const timeoutMs = 10_000
const maximumBytes = 32 * 1024 * 1024

/** The records of a log under its newest checkpoint, as an administration listener serves them (C2SP tlog-tiles). */
export function remoteSource(log: RemoteLog): RecordSource {
  return {
    origin: async () => originOf(await get(log, 'checkpoint')),
    async read(from, { records, bytes }: ReadBounds): Promise<readonly StoredRecord[]> {
      const size = sizeOf((await get(log, 'checkpoint')).toString())
      const found: StoredRecord[] = []
      let taken = 0
      for (let seq = from; seq < size && found.length < records && taken < bytes; ) {
        const index = Math.floor(seq / fullWidth)
        const width = Math.min(fullWidth, size - index * fullWidth)
        const entries = readEntryBundle(await get(log, tilePath({ level: 'entries', index, width })))
        if (entries?.length !== width) throw new RemoteFault('answered with an entry bundle of another width')
        for (const entry of entries.slice(seq - index * fullWidth, seq - index * fullWidth + records - found.length)) {
          const line = entry.toString()
          if (seqOf(readLine(line) ?? {}) !== seq) throw new RemoteFault(`answered with another record than ${seq}`)
          found.push({ seq, line })
          taken += entry.length
          seq++
        }
      }
      return found
    },
    close: () => undefined,
  }
}

/** The size that a checkpoint says. It is not verified: whoever must be sure verifies the log, or proves the record. */
function sizeOf(checkpoint: string): number {
  const size = Number(/^[^\n]+\n(0|[1-9][0-9]{0,15})\n/.exec(checkpoint)?.[1])
  if (Number.isNaN(size)) throw new RemoteFault('answered with no checkpoint')
  return size
}

/** Gets a file of the log. Follows nothing and takes no answer but 200. */
function get({ at, key, ca }: RemoteLog, path: string): Promise<Buffer> {
  const unix = at.startsWith('unix:') ? at.slice('unix:'.length) : undefined
  const url = new URL(`/audit/${path}`, unix === undefined ? at : 'http://localhost')
  const options: RequestOptions & { readonly ca?: string } = {
    timeout: timeoutMs,
    headers: { ...(key !== undefined && { authorization: `Bearer ${key}` }) },
    ...(unix !== undefined && { socketPath: unix }),
    ...(ca !== undefined && { ca }),
  }
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options, (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length > maximumBytes) request.destroy(new Error('the answer is too large'))
        else chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks))
        else reject(new RemoteFault(statusSaid(response.statusCode ?? 0)))
      })
    })
    request.on('timeout', () => request.destroy(new Error('no answer in time')))
    request.on('error', (error) => reject(new RemoteFault(faultSaid(error))))
    request.end()
  })
}

function statusSaid(status: number): string {
  if (status === 401) return 'name the key of an operator with --key FILE'
  if (status === 403) return 'the operator needs the role audit:read'
  if (status === 404) return 'answered that there is no such log: a log in memory has none'
  return `answered with status ${status}`
}

const faultSaid = (error: Error): string =>
  'code' in error ? `cannot be reached (${String(error.code)})` : error.message
