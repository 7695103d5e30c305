import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AlwaysOnSampler, BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import type { TraceContext } from '../core/trace-context.ts'
import { version } from '../core/version.ts'
import { createOtlpExporter } from './otlp-exporter.ts'
import { isSampled } from './sampling.ts'
import type { SpanEnd, Traces, TracesSettings } from './traces.ts'

/** What is under way: a span that is recorded, or only whose trace it is. Over once its call was answered. */
interface UnderWay {
  readonly span?: Span
  readonly context: Context
  readonly call: { over: boolean }
  /** Of a trace that is not recorded here: it is passed on as it came. */
  readonly passedOn?: TraceContext
}

interface Begun {
  readonly span: Span
  readonly at: UnderWay
}

/** Spans made by OpenTelemetry's SDK, under a sampling of our own, whose exporter may be given. */
export function createTraces(settings: TracesSettings, exporter: SpanExporter = createOtlpExporter(settings)): Traces {
  const { batch, sampling, random } = settings
  const provider = new TracerProvider({
    sampler: new AlwaysOnSampler(), // what is not to be recorded has no span
    resource: resourceFromAttributes({ ...settings.resource }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        scheduledDelayMillis: batch.delayMs,
        exportTimeoutMillis: batch.timeoutMs,
        maxQueueSize: batch.queue,
        maxExportBatchSize: batch.size,
      }),
    ],
    spanLimits: { attributeValueLengthLimit: 1_024, attributeCountLimit: 64 },
  })
  const tracer = provider.getTracer('sallyport', version)
  const storage = new AsyncLocalStorage<UnderWay>()

  /** What is under way here. What goes on after the answer, as timers do, belongs to it no more. */
  function underWay(): UnderWay | undefined {
    const here = storage.getStore()
    return here && !here.call.over ? here : undefined
  }

  /** Nothing that goes wrong with a span may touch what is done in it. */
  async function within<T>(begun: Begun, work: () => Promise<T>, endOf?: (value: T) => SpanEnd): Promise<T> {
    const { span, at } = begun
    try {
      const value = await storage.run(at, work)
      quietly(() =>
        end(
          span,
          quietly(() => endOf?.(value)),
        ),
      )
      return value
    } catch (error) {
      quietly(() => end(span, { attributes: {}, fault: 'exception' }))
      throw error
    }
  }

  function begin(name: string, options: SpanOptions, above: Context, call: UnderWay['call']): Begun | undefined {
    return quietly(() => {
      const span = tracer.startSpan(name, options, above)
      return { span, at: { span, context: trace.setSpan(above, span), call } }
    })
  }

  return {
    async serve({ name, attributes, parent }, work, endOf) {
      const call = { over: false }
      try {
        if (!isSampled(sampling, parent, random)) {
          if (!parent) return await work()
          const { sampled: _, ...passedOn } = parent
          return await storage.run({ context: ROOT_CONTEXT, call, passedOn }, work)
        }
        const above = quietly(() => parent && trace.setSpanContext(ROOT_CONTEXT, contextOf(parent))) ?? ROOT_CONTEXT
        const begun = begin(name, { kind: SpanKind.SERVER, attributes: { ...attributes } }, above, call)
        return await (begun ? within(begun, work, endOf) : work())
      } finally {
        call.over = true
      }
    },
    async step({ name, client, attributes = {} }, work, endOf) {
      const above = underWay()
      if (!above?.span) return work()
      const kind = client ? SpanKind.CLIENT : SpanKind.INTERNAL
      const begun = begin(name, { kind, attributes: { ...attributes } }, above.context, above.call)
      return begun ? within(begun, work, endOf) : work()
    },
    current() {
      const here = underWay()?.span?.spanContext()
      return here && { trace: here.traceId, span: here.spanId }
    },
    headers() {
      const here = underWay()
      if (here?.span) {
        const { traceId, spanId, traceState } = here.span.spanContext()
        return headersOf(traceId, spanId, '01', traceState?.serialize())
      }
      return here?.passedOn ? headersOf(here.passedOn.id, here.passedOn.parent, '00', here.passedOn.state) : {}
    },
    async close(withinMs) {
      const late = new Promise<void>((resolve) => setTimeout(resolve, withinMs).unref())
      await Promise.race([provider.shutdown().catch(() => undefined), late])
    },
  }
}

function end(span: Span, { attributes, fault }: SpanEnd = { attributes: {} }): void {
  span.setAttributes({ ...attributes, ...(fault !== undefined && { 'error.type': fault }) })
  if (fault !== undefined) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}

function quietly<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch {
    return undefined
  }
}

const contextOf = ({ id, parent, sampled, state }: TraceContext): SpanContext => ({
  traceId: id,
  spanId: parent,
  traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
  isRemote: true,
  ...(state !== undefined && { traceState: createTraceState(state) }),
})

const headersOf = (id: string, span: string, flags: string, state: string | undefined) => ({
  traceparent: `00-${id}-${span}-${flags}`,
  ...(state !== undefined && state !== '' && { tracestate: state }),
})
