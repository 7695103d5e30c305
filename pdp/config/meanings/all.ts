import { callerMeanings } from './callers.ts'
import { instanceMeanings } from './instance.ts'
import { policyMeanings } from './policies.ts'
import { telemetryMeanings } from './telemetry.ts'

/**
 * What each setting means, for the published JSON Schema and the reference page. Beside the schemas and not in them: one
 * schema stands in several places, and means another thing in each. A test holds the two to each other. `*` stands for a
 * name that the operator chooses, `[]` for one of a list. Units are those of the names: `_s` seconds, `_ms` milliseconds.
 */
export const meanings: Readonly<Record<string, string>> = {
  ...callerMeanings,
  ...policyMeanings,
  ...instanceMeanings,
  ...telemetryMeanings,
}
