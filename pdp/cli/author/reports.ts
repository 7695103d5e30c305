import type { PolicyTests } from './test-policies.ts'
import { githubReport } from './reports/github.ts'
import { jsonReport } from './reports/json.ts'
import { junitReport } from './reports/junit.ts'
import { prettyReport } from './reports/pretty.ts'
import { tapReport } from './reports/tap.ts'

/** Writes what tests showed, whole. */
export type Report = (all: readonly PolicyTests[]) => string

/** Reports by the name that `--format` gives. */
export const reports: Readonly<Record<string, Report>> = {
  pretty: prettyReport,
  json: jsonReport,
  junit: junitReport,
  tap: tapReport,
  github: githubReport,
}
