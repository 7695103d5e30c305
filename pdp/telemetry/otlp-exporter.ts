import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import type { SpanExporter } from '@opentelemetry/sdk-trace'
import type { TracesSettings } from './traces.ts'

type OtlpOptions = NonNullable<ConstructorParameters<typeof OTLPTraceExporter>[0]>
type Compression = NonNullable<OtlpOptions['compression']>

/**
 * What sends spans to the configured collector as OTLP (`http/protobuf`). Its sockets are the library's own: it follows no
 * redirect, and everything that it would look for in the environment is given. Failures are told by their kind alone, for
 * a message may hold what the collector answered.
 */
export function createOtlpExporter({ endpoint, headers, ca, timeoutMs, failed }: TracesSettings): SpanExporter {
  const exporter = new OTLPTraceExporter({
    url: endpoint,
    headers: { ...headers },
    timeoutMillis: timeoutMs,
    concurrencyLimit: 2,
    compression: 'none' as Compression, // the enumeration of a package that is not ours to import
    httpAgentOptions: {
      keepAlive: true,
      maxSockets: 2,
      rejectUnauthorized: true, // said here, so that NODE_TLS_REJECT_UNAUTHORIZED has no say
      minVersion: 'TLSv1.2',
      ...(ca !== undefined && { ca: [ca] }),
    },
    userAgent: 'sallyport',
  })
  return {
    export(spans, told) {
      exporter.export(spans, (result) => {
        if (result.code !== 0) failed(reasonOf(result.error))
        told(result)
      })
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  }
}

/** A status or a code of the system; never a text of the other side. */
function reasonOf(error: Error | undefined): string {
  if (!error || !('code' in error)) return 'it does not take them'
  return typeof error.code === 'number' ? `answered with status ${error.code}` : String(error.code)
}
