import { sendStream } from '../../net/send-stream.ts'
import type { JsonObject } from '../../core/json.ts'
import type { ShippedBatch, Sink } from '../../seams.ts'
import { readLine, seqOf, textAt } from '../export/stored-line.ts'
import { checkpointLine, linesOf } from './encode-batch.ts'
import { readSinkFile } from './sink-parts.ts'
import type { SettingsOf } from './sink-settings.ts'

// RFC 5424: facility 13, log audit; severities 3 error, 4 warning, 6 informational
const facility = 13
const severity = { error: 3, warning: 4, informational: 6 } as const
const nil = '-'

/**
 * Messages of RFC 5424 over TCP or TLS, framed by their length (RFC 6587 §3.4.1, RFC 5425 §4.3). Syslog acknowledges
 * nothing: a batch has a connection of its own, and counts once the receiver has closed that after reading its end.
 */
export function createSyslogSink(settings: SettingsOf<'syslog'>): Sink {
  return {
    async deliver(batch, signal) {
      const ca = await readSinkFile(settings.ca)
      const bytes = Buffer.concat(messagesOf(batch, settings.format).map(framed))
      await sendStream(settings.address, bytes, { signal, ...(ca !== undefined && { ca }) })
    },
    close: async () => undefined,
  }
}

function messagesOf(batch: ShippedBatch, format: SettingsOf<'syslog'>['format']): readonly string[] {
  const { origin } = batch
  const texts = linesOf(batch, format)
  const messages = batch.records.map(({ line, seq }, i) => message(readLine(line) ?? { seq }, origin, texts[i] ?? line))
  const newest = readLine(batch.records.at(-1)?.line ?? '') ?? {}
  return [...messages, message({ kind: 'checkpoint', ts: newest['ts'] ?? '' }, origin, checkpointLine(batch))]
}

/** A message: header, no structured data, and the record as UTF-8 with the mark that says so (§6.4). */
function message(record: JsonObject, origin: string, text: string): string {
  const level = record['error'] === true || textAt(record, 'kind') === 'gap' ? 'error' : levelOf(record)
  const host = /^[\x21-\x7e]{1,255}$/.test(origin.split('/')[0] ?? '') ? origin.split('/')[0] : nil
  const header = [
    `<${facility * 8 + severity[level]}>1`,
    textAt(record, 'ts') || nil,
    host,
    'sallyport',
    String(seqOf(record)),
    textAt(record, 'kind') ?? nil,
    nil,
  ]
  return `${header.join(' ')} \ufeff${text}`
}

const levelOf = (record: JsonObject): keyof typeof severity =>
  textAt(record, 'effect') === 'deny' ? 'warning' : 'informational'

function framed(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from(`${bytes.length} `), bytes])
}
