/** What settings of traces and of the log mean. */
export const telemetryMeanings = {
  telemetry: 'what is told to others of decisions while they are made; none of it is needed for one',
  'telemetry.traces': 'spans of decisions, sent to a collector',
  'telemetry.traces.enabled': '`false` keeps the section and sends nothing',
  'telemetry.traces.endpoint':
    'the whole URL, such as `http://127.0.0.1:4318/v1/traces`; with `headers`, https or a loopback address',
  'telemetry.traces.headers': 'where `name=value,…` stands, for a collector that asks who sends',
  'telemetry.traces.ca': 'authorities in PEM, in place of those that come with Node',
  'telemetry.traces.timeout_ms': 'of one upload with its repetitions',
  'telemetry.traces.service_name': '`service.name` of what sends',
  'telemetry.traces.resource': 'other attributes of what sends',
  'telemetry.traces.sampler': 'what is recorded: the samplers of OpenTelemetry',
  'telemetry.traces.ratio': 'of samplers that have one',
  'telemetry.traces.follow':
    'whose word on recording counts with samplers that ask the parent: enforcement points in their own calls, or also requests that are asked about, which anyone writes',
  'telemetry.traces.batch': 'spans that wait for the collector',
  'telemetry.traces.batch.delay_ms': 'how long the first of them waits',
  'telemetry.traces.batch.timeout_ms': 'of one batch',
  'telemetry.traces.batch.queue': 'how many may wait; more are dropped',
  'telemetry.traces.batch.size': 'how many go at once',
  'telemetry.traces.subjects': 'spans say who the caller is',
  log: 'what the process tells its operator, on stderr',
  'log.level': 'what is less urgent is left out',
  'log.format': '`auto`: `text` on a terminal, `json` elsewhere',
  'log.decisions': 'which have a line of their own; the audit log has all of them',
  'log.subjects': 'such a line says who the caller is',
} as const
