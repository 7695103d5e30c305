import type { Sink } from '../../seams.ts'
import { memberAt, readLine } from '../export/stored-line.ts'
import { formatOf, objectsOf } from './encode-batch.ts'
import { batchHeaders, createHttpSender, zipped } from './send-http.ts'
import type { SinkParts } from './sink-parts.ts'
import type { SettingsOf } from './sink-settings.ts'

const otlp = formatOf('otlp')

/**
 * Log records by OTLP/HTTP in JSON (`/v1/logs`), compressed. What a receiver rejects of a request that it took
 * (`partialSuccess`) must not be sent again: it is said, and stands in the log.
 */
export function createOtlpSink(settings: SettingsOf<'otlp'>, { say }: Pick<SinkParts, 'say'>): Sink {
  const send = createHttpSender(settings)
  return {
    async deliver(batch, signal) {
      for (const request of otlp.encode(objectsOf(batch), batch).split('\n').slice(0, -1)) {
        const headers = { ...batchHeaders(batch), 'content-type': 'application/json', 'content-encoding': 'gzip' }
        const { body } = await send({ headers, body: await zipped(request), statuses: [200], signal })
        const rejected = rejectedOf(Buffer.from(body).toString())
        if (rejected > 0) say(`the receiver rejected ${rejected} records, which are not sent again`)
      }
    },
    close: async () => undefined,
  }
}

/** A 64-bit number, which JSON's mapping writes as a text. */
const rejectedOf = (body: string): number =>
  Number(memberAt(readLine(body), 'partialSuccess', 'rejectedLogRecords') ?? 0) || 0
