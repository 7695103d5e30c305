import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../../pdp/config/load-config.ts'
import { printConfig, printSources } from '../../../pdp/config/print-config.ts'
import { base } from './base.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-otel-'))
})
afterAll(() => rm(folder, { recursive: true }))

let files = 0
async function load(environment: Readonly<Record<string, string>>, traces?: unknown, flags: readonly string[] = []) {
  const file = join(folder, `${++files}.yaml`)
  await writeFile(file, stringify({ ...base(), ...(traces !== undefined && { telemetry: { traces } }) }))
  return loadConfig({ file, environment, flags })
}

async function tracesOf(...given: Parameters<typeof load>) {
  const loaded = await load(...given)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  return loaded.config.telemetry.traces
}

const endpoint = 'http://127.0.0.1:4318/v1/traces'
const on = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint }

describe('traces are on by the configuration, by an endpoint, or by the exporter', () => {
  const rows: readonly (readonly [string, Parameters<typeof load>, string | undefined])[] = [
    ['nothing', [{}], undefined],
    ['a service name alone', [{ OTEL_SERVICE_NAME: 'x', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }], undefined],
    ['the configuration', [{}, { endpoint }], endpoint],
    [
      'an endpoint of traces, as it stands',
      [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:1/x' }],
      'http://127.0.0.1:1/x',
    ],
    ['an endpoint of all signals', [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318/' }], endpoint],
    ['that of traces before that of all', [{ ...on, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:2' }], endpoint],
    ['the exporter', [{ OTEL_TRACES_EXPORTER: 'otlp' }], 'http://localhost:4318/v1/traces'],
    ['the exporter leaves what is configured', [{ OTEL_TRACES_EXPORTER: 'otlp' }, { endpoint }], endpoint],
    ['a variable before the file', [on, { endpoint: 'http://127.0.0.1:3/v1/traces' }], endpoint],
    [
      'ours before theirs',
      [{ ...on, SALLYPORT_TELEMETRY__TRACES__ENDPOINT: 'http://127.0.0.1:4' }],
      'http://127.0.0.1:4',
    ],
    ['a flag before all', [on, undefined, ['telemetry.traces.endpoint=http://127.0.0.1:5']], 'http://127.0.0.1:5'],
    ['no exporter', [{ ...on, OTEL_TRACES_EXPORTER: 'none' }, { endpoint }], undefined],
    [
      'disabled',
      [{ ...on, OTEL_SDK_DISABLED: 'TRUE' }, { endpoint }, [`telemetry.traces.endpoint=${endpoint}`]],
      undefined,
    ],
    ['not disabled by another word', [{ ...on, OTEL_SDK_DISABLED: '1' }], endpoint],
    ['an empty variable is none', [{ OTEL_EXPORTER_OTLP_ENDPOINT: '', OTEL_TRACES_EXPORTER: ' ' }], undefined],
  ]
  test.for(rows)('%s', async ([, given, expected]) => {
    const traces = await tracesOf(...given)
    expect(traces?.enabled ? traces.endpoint : undefined).toBe(expected)
  })
})

test('each variable that is honoured leads to its setting', async () => {
  const traces = await tracesOf({
    ...on,
    OTEL_EXPORTER_OTLP_TIMEOUT: '1',
    OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '2000',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=MARKED',
    OTEL_EXPORTER_OTLP_CERTIFICATE: '/etc/otel/ca.pem',
    OTEL_RESOURCE_ATTRIBUTES: 'service.name=pdp,team=payments%20eu, k8s.pod.name = pdp-0 ',
    OTEL_TRACES_SAMPLER: 'traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.25',
    OTEL_BSP_SCHEDULE_DELAY: '100',
    OTEL_BSP_EXPORT_TIMEOUT: '200',
    OTEL_BSP_MAX_QUEUE_SIZE: '300',
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '30',
  })
  expect(traces).toEqual({
    enabled: true,
    endpoint,
    timeout_ms: 2_000,
    headers: 'env:OTEL_EXPORTER_OTLP_HEADERS',
    ca: 'file:/etc/otel/ca.pem',
    service_name: 'pdp',
    resource: { team: 'payments eu', 'k8s.pod.name': 'pdp-0' },
    sampler: 'traceidratio',
    ratio: 0.25,
    follow: 'pep',
    batch: { delay_ms: 100, timeout_ms: 200, queue: 300, size: 30 },
    subjects: false,
  })
})

test('the name of the service counts before the one among the attributes', async () => {
  const named = { ...on, OTEL_SERVICE_NAME: 'first', OTEL_RESOURCE_ATTRIBUTES: 'service.name=second' }
  expect(await tracesOf(named)).toMatchObject({ service_name: 'first', resource: {} })
})

test.for<readonly [string, Readonly<Record<string, string>>, string]>([
  ['gRPC', { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'OTEL_EXPORTER_OTLP_PROTOCOL'],
  ['JSON of traces', { OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' }, 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'],
  ['another exporter', { OTEL_TRACES_EXPORTER: 'zipkin' }, 'OTEL_TRACES_EXPORTER'],
  ['another sampler', { OTEL_TRACES_SAMPLER: 'jaeger_remote' }, 'OTEL_TRACES_SAMPLER'],
  ['attributes of another form', { OTEL_RESOURCE_ATTRIBUTES: 'MARKED' }, 'OTEL_RESOURCE_ATTRIBUTES'],
  ['an escape that is none', { OTEL_RESOURCE_ATTRIBUTES: 'a=%zz' }, 'OTEL_RESOURCE_ATTRIBUTES'],
  ['a ratio above 1', { OTEL_TRACES_SAMPLER_ARG: '2' }, 'telemetry.traces.ratio'],
  ['a ratio that is no number', { OTEL_TRACES_SAMPLER_ARG: 'MARKED' }, 'telemetry.traces.ratio'],
  ['a batch larger than the queue', { OTEL_BSP_MAX_QUEUE_SIZE: '5' }, 'telemetry.traces.batch'],
  ['an endpoint that is no URL', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'MARKED' }, 'telemetry.traces.endpoint'],
  [
    'a password in it',
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://u:MARKED@example.org' },
    'telemetry.traces.endpoint',
  ],
  [
    'headers sent in the open',
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://otel.example.org', OTEL_EXPORTER_OTLP_HEADERS: 'api-key=MARKED' },
    'telemetry.traces.endpoint',
  ],
])('%s: refused at its place, without a value', async ([, changes, at]) => {
  expect((await load(on)).ok).toBe(true)
  const loaded = await load({ ...on, ...changes })
  if (loaded.ok) throw new Error('it was taken')
  expect(loaded.problems.map((problem) => problem.at)).toEqual([at])
  expect(JSON.stringify(loaded.problems)).not.toContain('MARKED')
})

test('printed, a setting says which variable it comes from, and what headers hold is not there', async () => {
  const loaded = await load({ ...on, OTEL_EXPORTER_OTLP_HEADERS: 'api-key=MARKED' })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  expect(printSources(loaded)).toMatch(/telemetry\.traces\.endpoint: "http:.*# OTEL_EXPORTER_OTLP_TRACES_ENDPOINT/)
  expect(printConfig(loaded)).toContain('env:OTEL_EXPORTER_OTLP_HEADERS')
  expect(printConfig(loaded) + printSources(loaded)).not.toContain('MARKED')
})
