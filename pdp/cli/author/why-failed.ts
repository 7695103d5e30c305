import type { ArtefactDifference } from '../../rego/test.ts'
import { isPassed, type PolicyTest } from './test-policies.ts'

/** Where and why a test failed, in lines; none for one that passed. */
export function whyFailed(test: PolicyTest): readonly string[] {
  if (isPassed(test)) return []
  const { artefact } = test
  const onArtefact = artefact && test.verdict === 'pass'
  const { error, failedAt } = onArtefact ? artefact : test
  return [
    ...(onArtefact ? ['passes on source and fails on the artefact'] : []),
    ...(failedAt ? [`${failedAt.file}:${failedAt.row}:${failedAt.col}: ${failedAt.text}`] : []),
    ...(test.compared ?? []).map(({ text, value }) => `  ${oneLine(text)} is ${oneLine(value)}`),
    ...(error ? [error.file === '' ? error.message : `${error.file}:${error.row}:${error.col}: ${error.message}`] : []),
    ...test.cases.filter(({ pass }) => !pass).map(({ name }) => `case ${name.join('/')} failed`),
    ...(test.output === ''
      ? []
      : test.output
          .trimEnd()
          .split('\n')
          .map((line) => `printed: ${line}`)),
  ]
}

const longest = 120

const oneLine = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > longest ? `${line.slice(0, longest)}…` : line
}

/** A call that the artefact answers otherwise, in lines. */
export const describeDifference = (difference: ArtefactDifference): readonly string[] => [
  `${difference.test} calls ${difference.entrypoint}`,
  `  input     ${difference.input === '' ? 'undefined' : difference.input}`,
  `  source    ${answerOf(difference.source, difference.sourceError)}`,
  `  artefact  ${answerOf(difference.artefact, difference.artefactError)}`,
]

const answerOf = (text: string, error: string | undefined): string =>
  error === undefined ? (text === '' ? 'undefined' : text) : `error: ${error}`
