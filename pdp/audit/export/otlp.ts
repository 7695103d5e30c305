import type { JsonObject } from '../../core/json.ts'
import { type ExportedLog, type ExportFormat, product } from './export-format.ts'
import { objectsAt, seqOf, textAt, textsAt, timeOf } from './stored-line.ts'

/** Numbers of severities in OpenTelemetry's data model of logs. */
const severity = { info: 9, warn: 13, error: 17 } as const

const perLine = 256

/**
 * Records as OpenTelemetry log records: lines of OTLP's JSON encoding, each a whole `ExportLogsServiceRequest`. The body
 * of a log record is the line of the log; the event is called `pdp.` and the kind of the record.
 */
export const otlpFormat: ExportFormat = {
  name: 'otlp',
  encode(records, log) {
    let text = ''
    for (let at = 0; at < records.length; at += perLine)
      text += `${JSON.stringify(otlpRequest(records.slice(at, at + perLine), log))}\n`
    return text
  },
}

/** The request that carries records: one resource, the log they are of. */
const otlpRequest = (records: readonly JsonObject[], { origin }: ExportedLog) => ({
  resourceLogs: [
    {
      resource: { attributes: [text('service.name', product.name), text('service.instance.id', origin)] },
      scopeLogs: [{ scope: { name: 'sallyport.audit', version: '1' }, logRecords: records.map(logRecord) }],
    },
  ],
})

function logRecord(record: JsonObject) {
  const kind = textAt(record, 'kind') ?? ''
  const level =
    record['error'] === true || kind === 'gap' ? 'error' : textAt(record, 'effect') === 'deny' ? 'warn' : 'info'
  const [question] = objectsAt(record, 'questions')
  const time = `${timeOf(record)}000000` // 64 bits, which JSON's mapping writes as a text
  return {
    timeUnixNano: time,
    observedTimeUnixNano: time,
    severityNumber: severity[level],
    severityText: level.toUpperCase(),
    eventName: `pdp.${kind}`,
    body: { stringValue: JSON.stringify(record) },
    attributes: [
      text('pdp.record.id', textAt(record, 'id')),
      { key: 'pdp.record.seq', value: { intValue: String(seqOf(record)) } },
      text('pdp.effect', textAt(record, 'effect')),
      text('pdp.code', textAt(record, 'code')),
      text('pdp.clause', textAt(record, 'clause')),
      text('pdp.service', textAt(record, 'service')),
      text('pdp.pep', textAt(record, 'pep')),
      text('pdp.action', textAt(question, 'action')),
      text('pdp.resource.type', textAt(question, 'resource', 'type')),
      text('pdp.resource.id', textAt(question, 'resource', 'id')),
      text('user.id', textAt(record, 'subject', 'id')),
      texts('pdp.subject.methods', textsAt(record, 'subject', 'methods')),
      text('http.request.method', textAt(record, 'request', 'method')),
      text('url.path', textAt(record, 'request', 'path')),
      text('security_rule.ruleset.name', textAt(record, 'policy', 'bundle')),
      text('security_rule.version', textAt(record, 'policy', 'revision')),
    ].filter((attribute) => attribute !== undefined),
  }
}

const text = (key: string, value: string | undefined) =>
  value === undefined ? undefined : { key, value: { stringValue: value } }

const texts = (key: string, values: readonly string[]) =>
  values.length === 0
    ? undefined
    : { key, value: { arrayValue: { values: values.map((stringValue) => ({ stringValue })) } } }
