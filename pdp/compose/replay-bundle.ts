import type { ReplayPolicy } from '../audit/replay/replay-log.ts'
import { verdictOf } from '../core/draft.ts'
import type { Frame } from '../core/frame.ts'
import { isDialectInput } from '../core/policy-input.ts'
import type { RecordedBuiltinAnswer } from '../core/record.ts'
import { seconds } from '../core/time.ts'
import { type CompiledPolicy, compiledPolicy } from '../policy/compiled-policy.ts'
import type { LoadedBundle } from '../policy/load-bundle.ts'
import { defaultResultRules, type ResultRules } from '../policy/read-result.ts'
import { allReads, inputReadsOf } from '../policy/read-set/input-reads.ts'

type Dialect = Pick<ResultRules, 'dialect'>

/** A bundle as decisions are replayed with it: evaluated inline, without a cache, with the answers that were recorded. */
export function replayBundle(bundle: LoadedBundle): ReplayPolicy {
  const { evaluator, revision, maximumInput, readSets } = bundle
  const digest = `sha256:${bundle.digest}`
  const policies = new Map<string, CompiledPolicy>()
  const recorded = new WeakMap<Frame, readonly RecordedBuiltinAnswer[]>()
  const readsOf = (entrypoint: string) => {
    const readSet = readSets.get(entrypoint)
    return readSet ? inputReadsOf(readSet) : allReads
  }

  function policyOf(entrypoint: string, ttlMax: number, dialect: Dialect): CompiledPolicy | undefined {
    const key = `${entrypoint}\0${ttlMax}\0${dialect.dialect ?? ''}`
    const before = policies.get(key)
    const id = evaluator.entrypoints.get(entrypoint)
    if (before || id === undefined) return before
    const policy = compiledPolicy({
      identity: { bundle: 'replay', revision, digest },
      scope: {},
      evaluator,
      entrypoint: id,
      rules: { ...defaultResultRules, maximumTtl: seconds(ttlMax), ...dialect },
      reads: readsOf(entrypoint),
      maximumInput,
      recordedAnswers: (frame) => recorded.get(frame) ?? [],
    })
    policies.set(key, policy)
    return policy
  }

  return {
    digest,
    pure: (entrypoint) => (evaluator.entrypoints.has(entrypoint) ? readsOf(entrypoint).pure : undefined),
    async evaluate({ entrypoint, input, frame, answers, obligations, ttlMax }) {
      const policy = policyOf(entrypoint, ttlMax, isDialectInput(input) ? { dialect: input.dialect } : {})
      if (!policy) throw new Error(`the bundle has no entrypoint ${entrypoint}`) // `pure` said that it has
      recorded.set(frame, answers)
      return verdictOf(await policy.evaluate(input, frame), obligations)
    },
  }
}
