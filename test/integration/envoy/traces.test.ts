import { afterAll, expect, test } from 'vitest'
import { records } from '../../contract/process/harness.ts'
import { startCollector } from '../../contract/telemetry/collector.ts'
import { eventually } from '../../support/eventually.ts'
import { allowed, setStage } from './stage.ts'

// An Envoy that traces: its own call carries the trace on, and its word on recording counts, where a client's does not.

const collector = await startCollector()
const stage = setStage(async () => ({
  telemetry: {
    traces: {
      endpoint: `${collector.url}/v1/traces`,
      sampler: 'parentbased_always_off', // nothing is recorded but what an enforcement point says is
      batch: { delay_ms: 10 },
    },
  },
}))
afterAll(() => collector.close())

/** Envoy's tracer; what it records itself goes to where the upstream is. */
const tracing = (sampled: number) => ({
  tracing: {
    random_sampling: { value: sampled },
    client_sampling: { value: 0 },
    provider: {
      name: 'envoy.tracers.opentelemetry',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig',
        service_name: 'envoy',
        http_service: {
          http_uri: { uri: 'http://upstream/v1/traces', cluster: 'upstream', timeout: '1s' },
        },
      },
    },
  },
})

interface Recorded {
  readonly id: string
  readonly parent: string
  readonly sampled?: true
}

/** The trace that reached the upstream, and the one of the record. */
async function askOver(sampled: number | undefined, headers: Record<string, string> = {}) {
  const envoy = await stage.envoy(sampled === undefined ? {} : { connectionManager: tracing(sampled) })
  const before = (await records(stage.site)).length
  expect((await stage.ask({ ...allowed(), ...headers }, { port: envoy.port })).status).toBe(200)
  const [request] = stage.received().filter(({ url }) => url === '/v1/orders/42')
  const [record] = (await records(stage.site)).slice(before).filter(({ kind }) => kind === 'decision')
  return {
    upstream: String(request?.headers['traceparent']).split('-'),
    trace: record?.['trace'] as Recorded | undefined,
  }
}

const isExported = (id: string) => collector.uploads.some(({ body }) => body.includes(Buffer.from(id, 'hex')))

test('one trace from Envoy to the decision and to the upstream; the span beneath that of Envoy’s own call', async () => {
  const { upstream, trace } = await askOver(100)
  const [, id = '', parent, flags] = upstream
  expect(trace).toEqual({ id, parent: expect.stringMatching(/^[0-9a-f]{16}$/), sampled: true })
  expect([flags, trace?.parent === parent]).toEqual(['01', false])
  await eventually(() => expect(isExported(id)).toBe(true))
})

test('where Envoy records nothing, neither do we; nor where a client says so and Envoy does not trace', async () => {
  const unsampled = await askOver(0)
  expect(unsampled.trace?.id).toBe(unsampled.upstream[1])
  expect(unsampled.trace?.sampled).toBeUndefined()
  const id = 'e'.repeat(32)
  const written = await askOver(undefined, { traceparent: `00-${id}-${'e'.repeat(16)}-01` })
  expect(written.trace).toEqual({ id, parent: 'e'.repeat(16), sampled: true }) // as the request says
  const { trace } = await askOver(100) // which is exported after both
  await eventually(() => expect(isExported(trace?.id ?? '')).toBe(true))
  expect(isExported(id)).toBe(false)
  expect(isExported(unsampled.trace?.id ?? '')).toBe(false)
})
