import type { PolicyTests } from '../test-policies.ts'
import { isPassed } from '../test-policies.ts'
import { describeDifference, whyFailed } from '../why-failed.ts'

/** TAP version 14. A difference of the artefact is a failed point of its own. */
export function tapReport(all: readonly PolicyTests[]): string {
  const points = all.flatMap(({ bundle, tests, differences }) => [
    ...tests.map((test) => ({
      pass: isPassed(test),
      name: `${bundle} ${test.package}.${test.name}${test.verdict === 'skip' ? ' # SKIP' : ''}`,
      why: whyFailed(test),
    })),
    ...differences.map((difference) => ({
      pass: false,
      name: `${bundle} artefact answers as the source: ${difference.test}`,
      why: describeDifference(difference),
    })),
  ])
  const lines = points.flatMap(({ pass, name, why }, i) => [
    `${pass ? 'ok' : 'not ok'} ${i + 1} - ${name}`,
    ...why.map((line) => `# ${line}`),
  ])
  return `${['TAP version 14', `1..${points.length}`, ...lines].join('\n')}\n`
}
