import { answerCase } from '../../policy/corpus.ts'
import { type LoadedBundle, loadBundle } from '../../policy/load-bundle.ts'
import { type MatrixCell, matrixCells } from '../../policy/matrix/matrix-cells.ts'
import { readMatrix } from '../../policy/matrix/read-matrix.ts'
import type { TestResult } from '../../rego/test.ts'
import type { DefinitionSources } from '../build-bundle.ts'

/** - `run`: only tests whose name matches. `now`: a clock in milliseconds. */
export interface MatrixOptions {
  readonly archive: Uint8Array
  readonly run?: string
  readonly now: () => number
}

/**
 * Runs the matrices of a definition (`*_test.yaml` beside its policies) on an artefact: a test for each principal, resource
 * and action. Throws, for the author, what is wrong with a matrix, with file, row and column.
 */
export async function runMatrices(
  { matrices, name, entrypoints, placed }: DefinitionSources,
  { archive, run, now }: MatrixOptions,
): Promise<readonly TestResult[]> {
  if (Object.keys(matrices).length === 0) return []
  const loaded = await loadBundle(archive)
  if (!loaded.ok) throw new Error(`${loaded.detail} (${loaded.clause})`)
  const pattern = run === undefined ? undefined : new RegExp(run, 'u')
  return Object.entries(matrices).flatMap(([path, text]) => {
    const file = placed(path)
    const matrix = readMatrix(text)
    if (!matrix.ok)
      throw new Error(matrix.problems.map(({ row, col, message }) => `${file}:${row}:${col}: ${message}`).join('\n'))
    const { value, placeOf } = matrix
    return matrixCells(value, name, entrypoints[0] ?? '')
      .filter((cell) => pattern?.test(`matrix.${cell.name}`) ?? true)
      .map((cell) => runCell(cell, loaded.value, { file, ...placeOf(cell.path) }, now))
  })
}

type At = Pick<TestResult, 'file' | 'row' | 'col'>

function runCell({ name, question, allow }: MatrixCell, bundle: LoadedBundle, at: At, now: () => number): TestResult {
  const began = now()
  const said = answerOf(question, bundle)
  const durationMs = now() - began
  const wanted = allow ? 'ALLOW' : 'DENY'
  const verdict = said.effect === wanted ? 'pass' : said.effect === 'ERROR' ? 'error' : 'fail'
  const text = `expected ${wanted}, got ${said.effect}${said.why === '' ? '' : ` (${said.why})`}`
  const fault = verdict === 'pass' ? {} : { failedAt: { ...at, text } }
  return {
    package: 'matrix',
    name,
    ...at,
    verdict,
    durationMs,
    output: '',
    cases: [],
    ...fault,
    artefact: { class: 'artefact', verdict, calls: 1, carried: [], unreached: [], ...fault },
  }
}

/** What a decision would make of it: what is undefined is denied, and an error is no deny that anybody meant. */
function answerOf(question: MatrixCell['question'], bundle: LoadedBundle) {
  const answer = answerCase(question, bundle)
  if (!answer) return { effect: 'ERROR', why: `the bundle has no entrypoint ${question.entrypoint}` }
  if (!answer.ok) return { effect: answer.code === 'POLICY_UNDEFINED' ? 'DENY' : 'ERROR', why: answer.detail }
  const { allow, reasons } = answer.value
  return { effect: allow ? 'ALLOW' : 'DENY', why: reasons.map(({ code }) => code).join(', ') }
}
