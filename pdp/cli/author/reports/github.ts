import type { PolicyTests } from '../test-policies.ts'
import { isPassed } from '../test-policies.ts'
import { prettyReport } from './pretty.ts'
import { describeDifference, whyFailed } from '../why-failed.ts'

/** Annotations of GitHub's workflows at the lines that failed, and the report for people below. */
export function githubReport(all: readonly PolicyTests[]): string {
  const annotations = all.flatMap(({ tests, differences }) => [
    ...tests
      .filter((test) => !isPassed(test))
      .map((test) => annotation(test.file, test.row, test.name, whyFailed(test).join('\n') || 'failed')),
    ...differences.map((difference) => {
      const test = tests.find(({ package: folder, name }) => `${folder}.${name}` === difference.test)
      return annotation(test?.file, test?.row, 'artefact', describeDifference(difference).join('\n'))
    }),
  ])
  return [...annotations, prettyReport(all)].join('\n')
}

function annotation(file: string | undefined, row: number | undefined, title: string, message: string): string {
  const place = file === undefined ? '' : `file=${property(file)},line=${row ?? 1},`
  return `::error ${place}title=${property(title)}::${data(message)}`
}

const data = (value: string): string => value.replace(/[%\r\n]/g, percent)
const property = (value: string): string => value.replace(/[%\r\n:,]/g, percent)
const percent = (character: string): string => encodeURIComponent(character)
