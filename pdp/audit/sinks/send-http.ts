import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { seconds } from '../../core/time.ts'
import { createFetch, type SentBody } from '../../net/fetch.ts'
import type { Fetched } from '../../net/fetched.ts'
import type { ShippedBatch } from '../../seams.ts'
import { batchKey } from './encode-batch.ts'
import { readSinkFile } from './sink-parts.ts'

/** Where a sink sends to over HTTP. */
export interface HttpReceiver {
  readonly url: string
  readonly bearer?: string | undefined
  readonly ca?: string | undefined
}

/** A request, and the statuses that say that the receiver has it. */
export interface SentRequest {
  readonly url?: string
  readonly method?: SentBody['method']
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly statuses: readonly number[]
  readonly signal: AbortSignal
}

const timeout = seconds(30)
const compress = promisify(gzip)

/** Makes the function that sends; it rejects, saying why, where the receiver did not take what was sent. */
export function createHttpSender({ url, bearer, ca }: HttpReceiver) {
  return async ({ headers, body, statuses, signal, ...given }: SentRequest): Promise<Fetched> => {
    const [token, authority] = await Promise.all([readSinkFile(bearer), readSinkFile(ca)])
    const to = given.url ?? url
    // the operator named this receiver, so it may be at a private address
    const fetch = createFetch({
      privateOrigins: [new URL(to).origin],
      timeout,
      ...(authority !== undefined && { ca: authority }),
    })
    const authorization: Readonly<Record<string, string>> =
      token === undefined ? {} : { authorization: `Bearer ${token}` }
    const send: SentBody = { method: given.method ?? 'POST', headers: { ...headers, ...authorization }, body }
    const fetched = await fetch(to, { mediaTypes: 'any', statuses, signal, send })
    if (!fetched.ok) throw new Error(fetched.fault.detail)
    return fetched.value
  }
}

/** The headers that say which batch it is, and which checkpoint covers it. */
export const batchHeaders = (batch: ShippedBatch): Readonly<Record<string, string>> => ({
  'idempotency-key': `"${batchKey(batch)}"`,
  'sallyport-checkpoint': Buffer.from(batch.checkpoint).toString('base64'),
})

/** A text, compressed. */
export const zipped = (text: string): Promise<Buffer> => compress(text)
