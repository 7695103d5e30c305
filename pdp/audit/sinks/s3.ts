import { signAws } from '../../net/sign-aws.ts'
import type { Sink } from '../../seams.ts'
import { linesOf } from './encode-batch.ts'
import { createHttpSender, zipped } from './send-http.ts'
import { readSinkFile, type SinkParts } from './sink-parts.ts'
import type { SettingsOf } from './sink-settings.ts'

const digits = 16

/**
 * An object for each batch in a bucket of S3, or of a store that speaks like it: lines as they stand in the log,
 * compressed, under `<prefix><name of the log>/<first>-<last>.ndjson.gz`. An object that is there is never replaced
 * (`If-None-Match: *`), so that retention locks hold: the same batch again finds itself.
 */
export function createS3Sink(settings: SettingsOf<'s3'>, { clock }: Pick<SinkParts, 'clock'>): Sink {
  const { url, region, prefix, access_key_id, secret_access_key, ca } = settings
  const send = createHttpSender({ url, ca })
  return {
    async deliver(batch, signal) {
      const [id = '', secret = ''] = await Promise.all([access_key_id, secret_access_key].map(readSinkFile))
      const [first] = batch.records
      const last = batch.records.at(-1) ?? first
      const [from, to] = [first, last].map(({ seq }) => String(seq).padStart(digits, '0'))
      const object = new URL(
        `${url.replace(/\/$/, '')}/${encodeKey(`${prefix}${batch.origin}/${from}-${to}.ndjson.gz`)}`,
      )
      const body = await zipped([...linesOf(batch, 'native'), ''].join('\n'))
      const headers = signAws(
        {
          method: 'PUT',
          url: object,
          headers: {
            'content-type': 'application/gzip',
            'if-none-match': '*',
            'x-amz-meta-checkpoint': Buffer.from(batch.checkpoint).toString('base64'),
          },
          body,
        },
        { accessKeyId: id, secretAccessKey: secret, region, service: 's3', now: clock() },
      )
      await send({ url: object.href, method: 'PUT', headers, body, statuses: [200, 201, 204, 412], signal })
    },
    close: async () => undefined,
  }
}

const encodeKey = (key: string): string =>
  key
    .split('/')
    .map((part) =>
      encodeURIComponent(part).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
    )
    .join('/')
