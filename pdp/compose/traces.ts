import { readFile } from 'node:fs/promises'
import { readAttributes } from '../config/otel-environment.ts'
import { readSecret } from '../config/read-secret.ts'
import type { Config } from '../config/schema.ts'
import type { Decision } from '../core/decision.ts'
import { version } from '../core/version.ts'
import { openTraces, type SpanIds, type Traces } from '../telemetry/traces.ts'
import type { DecisionTracing } from './trace-decisions.ts'

/** What traces need from outside: `environment` for their headers, chance, and whom to tell that spans cannot be sent. */
export interface TracesSurroundings {
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly random: () => number
  readonly events?: { readonly tracesFailed?: (reason: string) => void }
}

/** What traces decisions, where anything does, and by which span each was made. */
export interface Tracing {
  readonly of: { readonly tracing?: DecisionTracing }
  spanOf(decision: Decision): SpanIds | undefined
  close(): Promise<void>
}

const nothing: Tracing = { of: {}, spanOf: () => undefined, close: async () => undefined }
const closeWithinMs = 2_000

/**
 * Begins to trace, if the configuration says so. `instance`: an id of this process. Throws, for the operator, headers or
 * authorities that cannot be used.
 */
export async function openTracing(
  config: Config,
  surroundings: TracesSurroundings,
  instance: string,
): Promise<Tracing> {
  const { traces: settings } = config.telemetry
  if (!settings?.enabled) return nothing
  const traces = await tracesOf(settings, surroundings, instance)
  const spans = new WeakMap<Decision, SpanIds>()
  const decided = (decision: Decision, span: SpanIds) => void spans.set(decision, span)
  return {
    of: { tracing: { traces, subjects: settings.subjects, decided } },
    spanOf: (decision) => spans.get(decision),
    close: () => traces.close(closeWithinMs),
  }
}

type Settings = NonNullable<Config['telemetry']['traces']>

async function tracesOf(
  traces: Settings,
  { environment = {}, random, events }: TracesSurroundings,
  instance: string,
): Promise<Traces> {
  const { endpoint, headers, ca, timeout_ms, service_name, resource, sampler, ratio, follow, batch } = traces
  return openTraces({
    endpoint,
    headers: headers === undefined ? {} : await headersOf(headers, environment),
    ...(ca !== undefined && { ca: await readFile(ca.slice('file:'.length), 'utf8').catch(refuse(ca)) }),
    timeoutMs: timeout_ms,
    resource: {
      'service.version': version,
      'service.instance.id': instance,
      ...resource,
      'service.name': service_name,
    },
    sampling: { sampler, ratio, follow },
    batch: { delayMs: batch.delay_ms, timeoutMs: batch.timeout_ms, queue: batch.queue, size: batch.size },
    random,
    failed: events?.tracesFailed ?? (() => undefined),
  })
}

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/

async function headersOf(
  reference: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Readonly<Record<string, string>>> {
  const headers = readAttributes((await readSecret(reference, environment)).trim())
  const sound =
    headers &&
    Object.entries(headers).every(([name, value]) => headerName.test(name) && /^[\t -~]{0,8192}$/.test(value))
  if (!sound) throw new Error(`telemetry.traces.headers: ${reference} must hold name=value,… of HTTP headers`)
  return headers
}

const refuse = (reference: string) => (error: unknown) => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'
  throw new Error(`telemetry.traces.ca: ${reference} cannot be read (${code})`)
}
