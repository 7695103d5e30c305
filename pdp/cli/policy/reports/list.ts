import type { PolicyTests } from '../test-policies.ts'
import { githubReport } from './github.ts'
import { jsonReport } from './json.ts'
import { junitReport } from './junit.ts'
import { prettyReport } from './pretty.ts'
import { tapReport } from './tap.ts'

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
