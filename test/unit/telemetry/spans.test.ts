import { InMemorySpanExporter, type SpanExporter } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import type { TraceContext } from '../../../pdp/core/trace-context.ts'
import { createTraces } from '../../../pdp/telemetry/spans.ts'
import type { TracesSettings } from '../../../pdp/telemetry/traces.ts'

const settings: TracesSettings = {
  endpoint: 'http://127.0.0.1:1/v1/traces',
  headers: {},
  timeoutMs: 100,
  resource: {},
  sampling: { sampler: 'parentbased_always_on', ratio: 1, follow: 'pep' },
  batch: { delayMs: 60_000, timeoutMs: 100, queue: 4, size: 4 },
  failed: () => undefined,
  random: () => 0.5,
}
const parent: TraceContext = {
  id: '0af7651916cd43dd8448eb211c80319c',
  parent: 'b7ad6b7169203331',
  from: 'pep',
  sampled: true,
  state: 'rojo=1',
}
const call = { name: 'authorize', attributes: {} }
const nothing = () => ({ attributes: {} })

/** Traces into memory; what they exported is there after `close`. */
function memory(changes: Partial<TracesSettings> = {}) {
  const exporter = new InMemorySpanExporter()
  let spans: ReturnType<typeof exporter.getFinishedSpans> = []
  const kept: SpanExporter = {
    export: (batch, told) => {
      spans = [...spans, ...batch]
      exporter.export(batch, told)
    },
    shutdown: () => exporter.shutdown(),
  }
  const traces = createTraces({ ...settings, ...changes }, kept)
  return { traces, finished: async () => (await traces.close(1_000), spans) }
}

test('headers to send along name the span that is under way, with its state; and none where nothing is', async () => {
  const { traces } = memory()
  expect(traces.headers()).toEqual({})
  await traces.serve(
    { ...call, parent },
    async () => {
      const above = traces.current()
      expect(above?.trace).toBe(parent.id)
      expect(traces.headers()).toEqual({ traceparent: `00-${parent.id}-${above?.span}-01`, tracestate: 'rojo=1' })
      await traces.step({ name: 'verify' }, async () => {
        expect(traces.current()?.span).not.toBe(above?.span)
      })
      expect(traces.current()).toEqual(above)
    },
    nothing,
  )
  expect(traces.headers()).toEqual({})
})

test('a trace that is not recorded is passed on as it came, without spans', async () => {
  const { traces, finished } = memory()
  const { sampled: _, ...unsampled } = parent
  const answer = await traces.serve(
    { ...call, parent: unsampled },
    async () => {
      expect(traces.current()).toBeUndefined()
      expect(traces.headers()).toEqual({ traceparent: `00-${parent.id}-${parent.parent}-00`, tracestate: 'rojo=1' })
      return traces.step({ name: 'verify' }, async () => 7)
    },
    nothing,
  )
  expect(answer).toBe(7)
  expect(await finished()).toEqual([])
})

test('what goes on after the answer belongs to the call no more', async () => {
  const { traces } = memory()
  let later = async (): Promise<unknown> => undefined
  await traces.serve(
    call,
    async () => {
      let wake = (): void => undefined
      const pause = new Promise<void>((resolve) => (wake = resolve))
      const going = pause.then(() => [traces.current(), traces.headers()])
      later = async () => {
        wake()
        return going
      }
      expect(traces.current()).toBeDefined()
    },
    nothing,
  )
  expect(await later()).toEqual([undefined, {}])
})

test('an exception goes through, and its text is not told; nor does what is said at the end touch the outcome', async () => {
  const { traces, finished } = memory()
  const secret = new Error('MARKED-in-an-exception')
  const failing = traces.serve(call, () => traces.step({ name: 'verify' }, () => Promise.reject(secret)), nothing)
  await expect(failing).rejects.toBe(secret)
  const answer = traces.serve(
    call,
    async () => 'the answer',
    () => {
      throw secret
    },
  )
  expect(await answer).toBe('the answer')
  const spans = await finished()
  expect(spans.map(({ name, status, attributes }) => [name, status, attributes])).toEqual([
    ['verify', { code: 2 }, { 'error.type': 'exception' }],
    ['authorize', { code: 2 }, { 'error.type': 'exception' }],
    ['authorize', { code: 0 }, {}],
  ])
})

test('a fault of ours is an error of the span, by its code', async () => {
  const { traces, finished } = memory()
  await traces.serve(
    call,
    async () => 0,
    () => ({ attributes: { a: 1 }, fault: 'INTERNAL' }),
  )
  expect(await finished()).toMatchObject([{ status: { code: 2 }, attributes: { a: 1, 'error.type': 'INTERNAL' } }])
})

test('a collector that never answers holds nobody up: spans beyond the queue are dropped, and the end is bounded', async () => {
  let exported = 0
  const silent: SpanExporter = {
    export: (spans) => void (exported += spans.length),
    shutdown: () => new Promise(() => undefined),
  }
  const traces = createTraces(settings, silent)
  for (let i = 0; i < 100; i++) expect(await traces.serve(call, async () => i, nothing)).toBe(i)
  await traces.close(50)
  expect(exported).toBeLessThanOrEqual(8) // a batch under way, and a queue
})

test('a collector that is not there, or throws, is told by a kind and touches nothing', async () => {
  const reasons: string[] = []
  const gone = createTraces({ ...settings, failed: (reason) => reasons.push(reason) })
  expect(await gone.serve(call, async () => 1, nothing)).toBe(1)
  await gone.close(5_000)
  expect(reasons).toEqual([expect.stringMatching(/^[A-Z]+$|does not take them/)])
  const throwing = createTraces(settings, {
    export: () => {
      throw new Error('MARKED')
    },
    shutdown: async () => undefined,
  })
  for (let i = 0; i < 5; i++) expect(await throwing.serve(call, async () => i, nothing)).toBe(i)
  await throwing.close(500)
})
