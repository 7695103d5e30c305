import { beforeAll, expect, test } from 'vitest'
import type { DecisionId } from '../../../../pdp/core/frame.ts'
import type { JsonValue } from '../../../../pdp/core/json.ts'
import type { ReadTree } from '../../../../pdp/core/read-tree.ts'
import { instant } from '../../../../pdp/core/time.ts'
import { type PolicyModule, readModule } from '../../../../pdp/policy/abi.ts'
import { createEvaluationContext } from '../../../../pdp/policy/evaluation-context.ts'
import { startInstance } from '../../../../pdp/policy/instance.ts'
import { analysePlan } from '../../../../pdp/rego/read-set/analyse-plan.ts'
import {
  buildCorpus,
  type ConformanceCase,
  readCases,
  readModules,
  readPlans,
} from '../../../conformance/rego/corpus.ts'
import { harnessBuiltins } from '../../../conformance/rego/harness-builtins.ts'
import { checkSoundness, countsLine, noCounts } from './check-soundness.ts'
import { carried } from './subjects.ts'

// The same search over OPA's own cases: their inputs are made to reach what they test.

const limits = { input: 1_048_576, working: 64 * 1_048_576 }
const decision = { id: 'conformance' as DecisionId, now: instant(Date.UTC(2026, 7, 17)) } // any text is as good an id

beforeAll(buildCorpus, 300_000)

test('no case of the conformance suite reads of its input what its read set leaves out', async () => {
  const plans = readPlans()
  const byModule = Map.groupBy(
    readCases().filter(({ input }) => input !== undefined),
    ({ module }) => module,
  )
  const counts = noCounts()
  const kinds = { checked: 0, whole: 0, terms: 0, unsupported: 0 }
  let number = -1
  for await (const wasm of readModules()) {
    const cases = byModule.get(++number)
    if (!cases) continue
    const tree = [...carried(analysePlan(plans.get(number))).values()][0]?.input
    const module = await readModule(wasm)
    if (!module.ok || tree === undefined) throw new Error(`${cases[0]?.file}: no module or no read set`)
    for (const one of cases) kinds[checkCase(one, module.value, tree)]++
  }
  console.log(
    `read sets of conformance cases: ${kinds.checked} checked, ${kinds.whole} read all, ${kinds.terms} with an input that is no JSON, ${kinds.unsupported} not started`,
  )
  console.log(countsLine(counts))
  expect(kinds.checked).toBeGreaterThan(150)
  expect(Math.min(counts.outside, counts.defined, counts.holding)).toBeGreaterThan(1_000)

  function checkCase(one: ConformanceCase, module: PolicyModule, tree: ReadTree): keyof typeof kinds {
    const input = readInput(one.input ?? '')
    if (input === undefined) return 'terms'
    if (tree === 'whole') return 'whole'
    const instance = startInstance(module, one.data ?? '', harnessBuiltins, limits)
    if (!instance.ok) return 'unsupported'
    const context = createEvaluationContext(decision)
    const subject = { name: one.note, instance: instance.value, entrypoint: 0, tree, seeds: [input], context }
    const search = { seed: one.module, until: performance.now() + 20 }
    expect(checkSoundness(subject, counts, search), `${one.file}#${one.index}`).toBeUndefined()
    return 'checked'
  }
}, 300_000)

/** Inputs may be any Rego term. */
function readInput(text: string): JsonValue | undefined {
  try {
    const input: JsonValue = JSON.parse(text)
    return input
  } catch {
    return undefined
  }
}
