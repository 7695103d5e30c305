import type { Sink } from '../../seams.ts'
import { formatOf, objectsOf } from './encode-batch.ts'
import { batchHeaders, createHttpSender, zipped } from './send-http.ts'
import type { SettingsOf } from './sink-settings.ts'

const opa = formatOf('opa')

/** Decisions as OPA uploads its decision log: an array of events by POST to `/logs`, compressed. Other records are not sent. */
export function createOpaSink(settings: SettingsOf<'opa'>): Sink {
  const send = createHttpSender(settings)
  return {
    async deliver(batch, signal) {
      const events = opa.encode(objectsOf(batch), batch).split('\n').slice(0, -1)
      if (events.length === 0) return
      const body = await zipped(`[${events.join(',')}]`)
      const headers = { ...batchHeaders(batch), 'content-type': 'application/json', 'content-encoding': 'gzip' }
      await send({ headers, body, statuses: [200, 201, 202, 204], signal })
    },
    close: async () => undefined,
  }
}
