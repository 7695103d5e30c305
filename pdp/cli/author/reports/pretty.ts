import type { PolicyTests } from '../test-policies.ts'
import { countClasses, isPassed } from '../test-policies.ts'
import { describeDifference, whyFailed } from '../why-failed.ts'

/** For people: what failed and why, what differs, and how much of it the artefact answered. */
export const prettyReport = (all: readonly PolicyTests[]): string => all.map(reportOne).join('\n')

function reportOne({ bundle, tests, differences, coverage, rules, seconds }: PolicyTests): string {
  const failed = tests.filter((test) => !isPassed(test))
  const lines = [
    ...failed.flatMap((test) => [
      `FAIL ${test.file}:${test.row}:${test.col} ${test.package}.${test.name}`,
      ...whyFailed(test).map((line) => `     ${line}`),
    ]),
    ...differences.flatMap((difference) => {
      const [first = '', ...rest] = describeDifference(difference)
      return [`DIFF ${first}`, ...rest.map((line) => `     ${line}`)]
    }),
    ...(coverage ? uncovered(coverage) : []),
    ...(rules?.notCalled ?? []).map((rule) => `NOT CALLED ${rule} of the artefact`),
    `${bundle}: ${tests.length - failed.length} passed, ${failed.length} failed in ${seconds.toFixed(1)} s`,
    `  ${[...countClasses(tests)].map(([name, count]) => `${count} ${name}`).join(', ')}; ${differences.length} differences`,
    ...(coverage ? [`  ${coverage.coverage} % of lines covered`] : []),
    ...(rules
      ? [`  ${rules.called.length} of ${rules.called.length + rules.notCalled.length} rules of the artefact called`]
      : []),
  ]
  return `${lines.join('\n')}\n`
}

const uncovered = ({ files }: NonNullable<PolicyTests['coverage']>): readonly string[] =>
  Object.entries(files).flatMap(([file, { not_covered = [] }]) =>
    not_covered.map(({ start, end }) =>
      start.row === end.row
        ? `NOT COVERED ${file}:${start.row}:${start.col ?? 1}`
        : `NOT COVERED ${file}:${start.row}:${start.col ?? 1} to ${end.row}`,
    ),
  )
