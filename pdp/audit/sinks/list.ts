import type { Sink } from '../../seams.ts'
import { createFileSink } from './file.ts'
import { createHttpSink } from './http.ts'
import { createOpaSink } from './opa.ts'
import { createOtlpSink } from './otlp.ts'
import { createRedisSink } from './redis-stream.ts'
import { createS3Sink } from './s3.ts'
import type { SinkParts } from './sink-parts.ts'
import type { SettingsOf, SinkSettings } from './sink-settings.ts'
import { createStdoutSink } from './stdout.ts'
import { createSyslogSink } from './syslog.ts'

/** Every sink, by its type in the configuration. */
const sinks: { readonly [Type in SinkSettings['type']]: (settings: SettingsOf<Type>, parts: SinkParts) => Sink } = {
  stdout: (settings) => createStdoutSink(settings),
  file: (settings) => createFileSink(settings),
  http: (settings) => createHttpSink(settings),
  opa: (settings) => createOpaSink(settings),
  otlp: createOtlpSink,
  redis: createRedisSink,
  syslog: (settings) => createSyslogSink(settings),
  s3: createS3Sink,
}

/** Makes the sink that settings describe; it connects when something is delivered. */
export function createSink<Type extends SinkSettings['type']>(settings: SettingsOf<Type>, parts: SinkParts): Sink {
  return sinks[settings.type as Type](settings, parts) // the type of settings is that of their row
}
