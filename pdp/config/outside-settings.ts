import { readOtelEnvironment } from './otel-environment.ts'
import { layOver, readEnvironment, readFlags, type Settings } from './overlay.ts'

/**
 * What is laid over a configuration from outside it, weakest first: variables of OpenTelemetry, variables of ours, flags. What
 * turns traces off counts above all of it.
 */
export function outsideSettings(
  value: unknown,
  environment: Readonly<Record<string, string | undefined>>,
  flags: readonly string[] = [],
): Settings {
  const own = [readEnvironment(environment), readFlags(flags)]
  const ours = own.flatMap(({ settings }) => settings)
  const otel = readOtelEnvironment(environment, hasTraces(layOver(value, ours)))
  return {
    settings: otel.off ? [...ours, ...otel.settings] : [...otel.settings, ...ours],
    problems: [otel, ...own].flatMap(({ problems }) => problems),
  }
}

/** Whether there are traces in it, as the operator wrote it. */
const hasTraces = (value: unknown): boolean =>
  isMembers(value) && isMembers(value['telemetry']) && isMembers(value['telemetry']['traces'])

const isMembers = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
