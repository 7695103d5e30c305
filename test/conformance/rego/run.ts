import type { DecisionId } from '../../../pdp/core/frame.ts'
import { instant } from '../../../pdp/core/time.ts'
import { type PolicyModule, readModule } from '../../../pdp/policy/abi.ts'
import type { Builtin } from '../../../pdp/policy/builtins/builtin.ts'
import { createEvaluationContext } from '../../../pdp/policy/evaluation-context.ts'
import { instanceClauses, type Outcome, startInstance } from '../../../pdp/policy/instance.ts'
import { type ConformanceCase, readCases, readModules } from './corpus.ts'
import { judge } from './judge.ts'

export type Verdict = 'passed' | 'excepted' | 'unsupported' | 'failed'

/** What became of one case. `reason` says why it did not pass; the outcome is absent where nothing could be started. */
export interface CaseResult {
  readonly tried: ConformanceCase
  readonly verdict: Verdict
  readonly reason?: string
  readonly outcome?: Outcome
}

export interface RunOptions {
  readonly builtins: readonly Builtin[]
  /** Which cases; absent: all. */
  readonly only?: (one: ConformanceCase) => boolean
}

const limits = { input: 1_048_576, working: 64 * 1_048_576 }
// The present of the cases: certificates and tokens in them were made to hold for years from when they were written.
const context = { id: 'conformance' as DecisionId, now: instant(Date.UTC(2026, 7, 17)) } // any text is as good an id

/**
 * Runs the corpus on the engine of the product, module by module, each case on an instance of its own and then once more
 * on the same one, restarted after an abort: what the first evaluation left behind must not change the second.
 */
export async function* runCases({ builtins, only = () => true }: RunOptions): AsyncGenerator<CaseResult> {
  const byModule = Map.groupBy(readCases().filter(only), (one) => one.module)
  let number = 0
  for await (const wasm of readModules()) {
    const cases = byModule.get(number++)
    if (!cases) continue
    const module = await readModule(wasm)
    for (const one of cases)
      yield module.ok ? runCase(one, module.value, builtins) : { tried: one, verdict: 'failed', reason: module.detail }
  }
}

function runCase(tried: ConformanceCase, module: PolicyModule, builtins: readonly Builtin[]): CaseResult {
  const instance = startInstance(module, tried.data ?? '', builtins, limits)
  if (!instance.ok) {
    const verdict = instance.clause === instanceClauses.builtin ? 'unsupported' : 'failed'
    return settle({ tried, verdict, reason: instance.detail })
  }
  const decision = createEvaluationContext(context)
  const evaluate = () => instance.value.evaluate(0, tried.input ?? '', decision)
  const outcome = evaluate()
  const reason = judge(tried, outcome)
  if (reason !== undefined) return settle({ tried, verdict: 'failed', reason, outcome })
  if (outcome.kind !== 'result' && !instance.value.restart())
    return settle({ tried, verdict: 'failed', reason: 'the instance does not restart', outcome })
  const again = judge(tried, evaluate())
  return again === undefined
    ? { tried, verdict: 'passed', outcome }
    : settle({ tried, verdict: 'failed', reason: `on the second evaluation: ${again}`, outcome })
}

/** A case that OPA's own run leaves out may fail; where it passes, it counts. */
const settle = (result: CaseResult): CaseResult =>
  result.tried.excepted === undefined ? result : { ...result, verdict: 'excepted', reason: result.tried.excepted }
