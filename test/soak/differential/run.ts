import { createRegoToolchain } from '../../../pdp/rego/toolchain.ts'
import { compareWithInterpreter } from './against-interpreter.ts'
import { compareWithSdk } from './against-sdk.ts'
import { findPlanted } from './find-planted.ts'
import { readConformance, readPolicies } from './subjects.ts'
import type { Tally } from './tally.ts'

export interface DifferentialOptions {
  readonly seed: number
  /** How many evaluations are compared with the SDK at most, and with the interpreter. */
  readonly evaluations: { readonly sdk: number; readonly interpreter: number }
  /** How long each of the two comparisons may take. */
  readonly seconds: number
}

export interface DifferentialReport {
  /** How the planted difference was found. */
  readonly planted: string
  readonly sdk: Tally
  readonly interpreter: Tally
}

/**
 * Compares our engine with OPA's host for Node on the same modules, and with OPA's interpreter on their source, over
 * random inputs near satisfying ones. First shows that it finds a planted difference; throws if it does not.
 */
export async function runDifferential({
  seed,
  evaluations,
  seconds,
}: DifferentialOptions): Promise<DifferentialReport> {
  const policies = await readPolicies()
  const subjects = [...policies, ...(await readConformance())]
  const until = () => performance.now() + seconds * 1000
  const small = policies.find(({ name }) => name === 'small/adult')
  if (!small) throw new Error('the policy to plant a difference in is gone')
  const planted = await findPlanted(small, { seed, evaluations: 5_000, until: Number.POSITIVE_INFINITY })
  const sdk = await compareWithSdk(subjects, { seed, evaluations: evaluations.sdk, until: until() })
  const toolchain = createRegoToolchain()
  try {
    const limits = { seed, evaluations: evaluations.interpreter, until: until() }
    return { planted, sdk, interpreter: await compareWithInterpreter(subjects, toolchain, limits) }
  } finally {
    await toolchain.close()
  }
}
