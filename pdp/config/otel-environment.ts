import { samplers } from './sections/telemetry.ts'
import type { ConfigProblem } from './config-problem.ts'
import type { Setting, Settings } from './overlay.ts'

type Environment = Readonly<Record<string, string | undefined>>

const traces = ['telemetry', 'traces'] as const

/** One variable, where it leads, and how its text is read. Where several lead to one place, the first that is set counts. */
interface Row {
  readonly to: readonly string[]
  readonly names: readonly string[]
  readonly read: (text: string, name: string) => unknown
}

const asNumber = (text: string): unknown => (/^[0-9]+(?:\.[0-9]+)?$/.test(text) ? Number(text) : text)
const asText = (text: string): unknown => text
/** A secret stays where it is: the configuration says where that is. */
const asReference = (_: string, name: string): unknown => `env:${name}`

const rows: readonly Row[] = [
  { to: ['timeout_ms'], names: ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT'], read: asNumber },
  { to: ['headers'], names: ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'OTEL_EXPORTER_OTLP_HEADERS'], read: asReference },
  {
    to: ['ca'],
    names: ['OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE', 'OTEL_EXPORTER_OTLP_CERTIFICATE'],
    read: (path) => `file:${path}`,
  },
  { to: ['service_name'], names: ['OTEL_SERVICE_NAME'], read: asText },
  { to: ['sampler'], names: ['OTEL_TRACES_SAMPLER'], read: asText },
  { to: ['ratio'], names: ['OTEL_TRACES_SAMPLER_ARG'], read: asNumber },
  { to: ['batch', 'delay_ms'], names: ['OTEL_BSP_SCHEDULE_DELAY'], read: asNumber },
  { to: ['batch', 'timeout_ms'], names: ['OTEL_BSP_EXPORT_TIMEOUT'], read: asNumber },
  { to: ['batch', 'queue'], names: ['OTEL_BSP_MAX_QUEUE_SIZE'], read: asNumber },
  { to: ['batch', 'size'], names: ['OTEL_BSP_MAX_EXPORT_BATCH_SIZE'], read: asNumber },
]

const ofTraces = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'
const ofAll = 'OTEL_EXPORTER_OTLP_ENDPOINT'
const usual = 'http://localhost:4318'

/** `off`: they say that there are to be no traces. */
export interface OtelSettings extends Settings {
  readonly off?: true
}

/**
 * Reads the variables of OpenTelemetry's specification that say how traces are exported. They count where traces are on: by
 * the configuration (`configured`), by an endpoint, or by `OTEL_TRACES_EXPORTER=otlp`. An empty variable is one that is not set.
 */
export function readOtelEnvironment(environment: Environment, configured: boolean): OtelSettings {
  const given = (name: string): string | undefined => environment[name]?.trim() || undefined
  const first = (names: readonly string[]) => names.find((name) => given(name) !== undefined)
  const exporter = given('OTEL_TRACES_EXPORTER')
  const offBy = given('OTEL_SDK_DISABLED')?.toLowerCase() === 'true' ? 'OTEL_SDK_DISABLED' : 'OTEL_TRACES_EXPORTER'
  if (offBy === 'OTEL_SDK_DISABLED' || exporter === 'none')
    return {
      settings: configured ? [{ path: [...traces, 'enabled'], value: false, from: offBy }] : [],
      problems: [],
      off: true,
    }
  const endpoint = endpointOf(given)
  if (!configured && !endpoint) return { settings: [], problems: [] }
  const found = rows.flatMap(({ to, names, read }): Setting[] => {
    const name = first(names)
    const text = name === undefined ? undefined : given(name)
    return name === undefined || text === undefined
      ? []
      : [{ path: [...traces, ...to], value: read(text, name), from: name }]
  })
  const attributes = readAttributes(given('OTEL_RESOURCE_ATTRIBUTES') ?? '')
  const { 'service.name': serviceName, ...resource } = attributes ?? {}
  const named = found.some(({ from }) => from === 'OTEL_SERVICE_NAME')
  return {
    settings: [
      ...(endpoint && (!configured || endpoint.from !== 'OTEL_TRACES_EXPORTER') ? [endpoint] : []),
      ...found,
      ...ofAttributes(resource, serviceName !== undefined && !named ? serviceName : undefined),
    ],
    problems: problemsOf(given, attributes !== undefined),
  }
}

/** Of traces as it stands, of all signals with the path of traces (OTLP exporter specification). */
function endpointOf(given: (name: string) => string | undefined): Setting | undefined {
  const path = [...traces, 'endpoint']
  const whole = given(ofTraces)
  if (whole !== undefined) return { path, value: whole, from: ofTraces }
  const base = given(ofAll)
  if (base !== undefined) return { path, value: `${base.replace(/\/+$/, '')}/v1/traces`, from: ofAll }
  const exporter = given('OTEL_TRACES_EXPORTER')
  return exporter === 'otlp' ? { path, value: `${usual}/v1/traces`, from: 'OTEL_TRACES_EXPORTER' } : undefined
}

function ofAttributes(resource: Readonly<Record<string, string>>, serviceName: string | undefined): Setting[] {
  const from = 'OTEL_RESOURCE_ATTRIBUTES'
  return [
    ...(serviceName !== undefined ? [{ path: [...traces, 'service_name'], value: serviceName, from }] : []),
    ...Object.entries(resource).map(([name, value]) => ({ path: [...traces, 'resource', name], value, from })),
  ]
}

function problemsOf(given: (name: string) => string | undefined, attributesRead: boolean): ConfigProblem[] {
  const exporter = given('OTEL_TRACES_EXPORTER')
  const sampler = given('OTEL_TRACES_SAMPLER')
  const protocols = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL']
  const protocol = protocols.find((name) => given(name) !== undefined)
  return [
    ...(exporter !== undefined && exporter !== 'otlp'
      ? [{ at: 'OTEL_TRACES_EXPORTER', message: 'must be otlp or none: no other exporter is here' }]
      : []),
    ...(protocol !== undefined && given(protocol) !== 'http/protobuf'
      ? [{ at: protocol, message: 'must be http/protobuf: no other protocol is spoken' }]
      : []),
    ...(sampler !== undefined && !samplers.some((known) => known === sampler)
      ? [{ at: 'OTEL_TRACES_SAMPLER', message: `must be one of ${samplers.join(', ')}` }]
      : []),
    ...(attributesRead
      ? []
      : [{ at: 'OTEL_RESOURCE_ATTRIBUTES', message: 'must be name=value,… with values percent-encoded' }]),
  ]
}

/** `name=value,…` with percent-encoded values; undefined for another form. */
export function readAttributes(text: string): Readonly<Record<string, string>> | undefined {
  const attributes = new Map<string, string>()
  for (const part of text.split(',').map((each) => each.trim())) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = part.slice(0, Math.max(0, equals)).trim()
    if (name === '' || name === '__proto__') return undefined
    try {
      attributes.set(name, decodeURIComponent(part.slice(equals + 1).trim()))
    } catch {
      return undefined
    }
  }
  return Object.fromEntries(attributes)
}
