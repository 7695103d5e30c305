import { checkConfig } from './check-config.ts'
import { type ConfigProblem, problemsOf } from './config-problem.ts'
import { withOpaEnvoy } from './opa-envoy.ts'
import { type Config, configSchema } from './schema.ts'

export type ConfigResult =
  | { readonly ok: true; readonly value: Config }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }

/** Checks a configuration given as a value. All problems at once. */
export function parseConfig(value: unknown): ConfigResult {
  const parsed = configSchema.safeParse(value)
  if (!parsed.success) return { ok: false, problems: parsed.error.issues.flatMap((issue) => problemsOf(issue)) }
  const config = withOpaEnvoy(parsed.data)
  const problems = checkConfig(config)
  return problems.length === 0 ? { ok: true, value: config } : { ok: false, problems }
}
