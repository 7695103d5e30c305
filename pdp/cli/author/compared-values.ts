import type { Operand } from '../../rego/explanation.ts'
import type { RegoSources } from '../../rego/verb.ts'
import type { TestResult } from '../../rego/test.ts'
import type { RegoToolchain } from '../../rego/toolchain.ts'

const most = 20 // more failures than anybody reads at once

/**
 * What the failing expressions of tests compared, by the name of the test: both sides of a comparison, with their values. Of
 * tests that fail on source; those of the first few alone.
 */
export async function comparedValues(
  tests: readonly TestResult[],
  sources: RegoSources & { readonly data: Readonly<Record<string, unknown>> },
  toolchain: RegoToolchain,
): Promise<ReadonlyMap<string, readonly Operand[]>> {
  const compared = new Map<string, readonly Operand[]>()
  for (const { package: folder, name, failedAt } of tests.filter(({ verdict }) => verdict === 'fail').slice(0, most)) {
    const query = `${folder}.${name}`
    const evaluated = await toolchain.eval({ ...sources, query, explain: true })
    const fails = evaluated.ok ? (evaluated.value.explanation?.fails ?? []) : []
    const found = fails.find(
      (each) => each.file === failedAt?.file && each.row === failedAt.row && each.col === failedAt.col,
    )
    if (found)
      compared.set(
        query,
        found.operands.filter(({ text, value }) => text !== value),
      )
  }
  return compared
}
