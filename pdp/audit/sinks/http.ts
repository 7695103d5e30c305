import type { Sink } from '../../seams.ts'
import { linesOf } from './encode-batch.ts'
import { batchHeaders, createHttpSender, zipped } from './send-http.ts'
import type { SettingsOf } from './sink-settings.ts'

/** Batches of lines by POST, compressed. A batch that comes again has the same `Idempotency-Key`. */
export function createHttpSink(settings: SettingsOf<'http'>): Sink {
  const send = createHttpSender(settings)
  const type = settings.format === 'cef' ? 'text/plain; charset=utf-8' : 'application/x-ndjson'
  return {
    async deliver(batch, signal) {
      const body = await zipped([...linesOf(batch, settings.format), ''].join('\n'))
      const headers = { ...batchHeaders(batch), 'content-type': type, 'content-encoding': 'gzip' }
      await send({ headers, body, statuses: [200, 201, 202, 204], signal })
    },
    close: async () => undefined,
  }
}
