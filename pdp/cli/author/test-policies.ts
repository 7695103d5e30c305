import type { Operand } from '../../rego/explanation.ts'
import type { ArtefactDifference, Tested, TestResult } from '../../rego/test.ts'
import type { RegoToolchain } from '../../rego/toolchain.ts'
import { comparedValues } from './compared-values.ts'
import { runMatrices } from './matrix-tests.ts'
import { placedNames, placedTest } from './placed-test.ts'
import { buildBundle, errorLine, readDefinitionSources } from '../build-bundle.ts'

/** What became of a test. `compared`: the terms of the expression that failed, with their values. */
export interface PolicyTest extends TestResult {
  readonly compared?: readonly Operand[]
}

/** What the tests of one bundle showed. */
export interface PolicyTests {
  readonly bundle: string
  readonly tests: readonly PolicyTest[]
  readonly differences: readonly ArtefactDifference[]
  readonly coverage?: NonNullable<Tested['coverage']>
  readonly rules?: NonNullable<Tested['rules']>
  readonly seconds: number
}

/**
 * - `run`: only tests whose name matches. `coverage`: also which lines were evaluated, and which rules of the artefact.
 * - `artefact`: a built bundle to test in place of the one that is built of the sources.
 */
export interface TestPoliciesOptions {
  readonly run?: string
  readonly coverage?: boolean
  readonly artefact?: Uint8Array
}

/**
 * Runs the tests of a bundle on source, and again on the artefact that is built of it; its matrices on the artefact alone. Throws what cannot be built or
 * compiled, with file, row and column. The toolchain must have `artefactHost`.
 */
export async function testPolicies(
  definition: string,
  toolchain: RegoToolchain,
  { run, coverage = false, artefact }: TestPoliciesOptions,
  now: () => number,
): Promise<PolicyTests> {
  const began = now()
  const built = await buildBundle(definition, toolchain)
  const sources = await readDefinitionSources(definition)
  const { name, modules, tests, data, placed } = sources
  const archive = artefact ?? built.archive
  const matrices = await runMatrices(sources, { archive, now, ...(run !== undefined && { run }) })
  const answer = await toolchain.test({
    modules: { ...modules, ...tests },
    data,
    coverage,
    ...(run !== undefined && { filter: run }),
    artefact: { archive, entrypoints: built.entrypoints, hostBuiltins: built.hostBuiltins },
  })
  if (!answer.ok) {
    const lines = answer.errors.map((error) => errorLine(error, placed))
    throw new Error(`tests of bundle \`${name}\` cannot be run\n${lines.join('\n')}`)
  }
  const { coverage: covered, rules, differences = [] } = answer.value
  const all = { modules: { ...modules, ...tests }, data }
  const compared = await comparedValues(answer.value.tests, all, toolchain)
  const withValues = answer.value.tests.map((test): PolicyTest => {
    const values = compared.get(`${test.package}.${test.name}`)
    return { ...placedTest(test, placed), ...(values && { compared: values }) }
  })
  return {
    bundle: name,
    tests: [...withValues, ...matrices],
    differences,
    ...(covered && { coverage: { ...covered, files: placedNames(covered.files, placed) } }),
    ...(rules && { rules }),
    seconds: (now() - began) / 1000,
  }
}

/** Of a test on either side: whether it may pass as a whole. */
export const isPassed = ({ verdict, artefact }: TestResult): boolean =>
  verdict === 'skip' || (verdict === 'pass' && !isArtefactFailure(artefact))

/** A test that replaces what no artefact can have replaced may fail there; its class says so. */
const isArtefactFailure = (artefact: TestResult['artefact']): boolean =>
  artefact !== undefined && artefact.class !== 'source-only' && artefact.verdict !== 'pass'

/** How much of the tests came from the artefact, by class. */
export function countClasses(tests: readonly TestResult[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { artefact, verdict } of tests) {
    const name = verdict === 'skip' ? 'skipped' : (artefact?.class ?? 'not run')
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}
