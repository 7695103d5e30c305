import type { PolicyTests } from '../test-policies.ts'
import { countClasses, isPassed } from '../test-policies.ts'

/** One JSON document: every result as the toolchain gave it, with counts. */
export const jsonReport = (all: readonly PolicyTests[]): string =>
  `${JSON.stringify({
    bundles: all.map((each) => ({
      ...each,
      passed: each.tests.filter(isPassed).length,
      failed: each.tests.filter((test) => !isPassed(test)).length,
      classes: Object.fromEntries(countClasses(each.tests)),
    })),
  })}\n`
