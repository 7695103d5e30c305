import type { CorpusCase } from '../../../policy/corpus.ts'
import { readModule } from '../../../policy/abi.ts'
import { builtins } from '../../../policy/builtins/list.ts'
import { readBundleData } from '../../../policy/bundle-data.ts'
import { sortBundleFiles } from '../../../policy/bundle-files.ts'
import { createEvaluationContext } from '../../../policy/evaluation-context.ts'
import { startInstance } from '../../../policy/instance.ts'
import { createEvaluator, type Evaluator } from '../../../policy/evaluator.ts'
import type { LoadedBundle } from '../../../policy/load-bundle.ts'
import { readManifest } from '../../../policy/manifest.ts'
import { readReadSets } from '../../../policy/read-set/metadata.ts'
import { readOutcome } from '../../../policy/read-outcome.ts'
import { defaultResultRules } from '../../../policy/read-result.ts'
import { allReads, inputReadsOf } from '../../../policy/read-set/input-reads.ts'
import { unpackBundle } from '../../../policy/unpack-bundle.ts'
import { writeInput } from '../../../policy/write-input.ts'
import { sha256 } from '../../../core/digest.ts'
import type { DecisionId } from '../../../core/frame.ts'
import type { PolicyInput } from '../../../core/policy-input.ts'
import type { Result } from '../../../core/result.ts'
import { instant } from '../../../core/time.ts'

/** How long one stage takes, in microseconds. `cold`: the first time. `warm`, `slow`: half, and 99 of 100, are faster. */
export interface StageTime {
  readonly stage: string
  readonly cold: number
  readonly warm: number
  readonly slow: number
}

type Clock = () => number // milliseconds

/** Times something that is done again and again. */
export async function timeStage(stage: string, rounds: number, now: Clock, act: () => unknown): Promise<StageTime> {
  const times: number[] = []
  for (let i = 0; i <= rounds; i++) {
    const began = now()
    await act()
    times.push((now() - began) * 1_000)
  }
  return summary(stage, times)
}

/**
 * Times what happens to a bundle: read, compiled by the engine of WebAssembly, started; then, in decisions, the input written,
 * evaluated inline, the result read. Cold is the first time on an instance that has answered nothing. Throws for a bundle
 * that is not good.
 */
export async function timeBundle(
  archive: Uint8Array,
  cases: readonly CorpusCase[],
  rounds: { readonly load: number; readonly decide: number },
  now: Clock,
): Promise<readonly StageTime[]> {
  const read = async () => {
    const files = good(sortBundleFiles(good(await unpackBundle(archive))))
    const manifest = good(readManifest(files.manifest))
    return { module: files.module, manifest, data: JSON.stringify(good(readBundleData(files.data, manifest.roots))) }
  }
  const { module, manifest, data } = await read()
  const compiled = good(await readModule(new Uint8Array(module)))
  const instance = good(startInstance(compiled, data, builtins, memory))
  const readSets = readReadSets(manifest.metadata, sha256(module))
  const decisions =
    cases.length === 0
      ? []
      : timeDecisions(
          createEvaluator(instance, () => undefined),
          readSets,
          cases,
          rounds.decide,
          now,
        )
  return [
    await timeStage('read bundle', rounds.load, now, read),
    await timeStage('compile module', rounds.load, now, () => readModule(new Uint8Array(module))),
    await timeStage('instantiate', rounds.load, now, () => good(startInstance(compiled, data, builtins, memory))),
    ...decisions,
  ]
}

function timeDecisions(
  evaluator: Evaluator,
  readSets: LoadedBundle['readSets'],
  cases: readonly CorpusCase[],
  rounds: number,
  now: Clock,
): readonly StageTime[] {
  const times = { write: [] as number[], evaluate: [] as number[], read: [] as number[] }
  for (let i = 0; i <= rounds; i++) {
    const one = cases[i % cases.length]
    const id = one && evaluator.entrypoints.get(one.entrypoint)
    if (!one || id === undefined) throw new Error('a case is of an entrypoint that is not there')
    const readSet = readSets.get(one.entrypoint)
    const at = instant(Number(BigInt(one.input.time.now_ns) / 1_000_000n))
    const reads = readSet ? inputReadsOf(readSet) : allReads
    const context = evaluator.needsContext ? createEvaluationContext({ id: noDecision, now: at }) : undefined
    const began = now()
    const written = good(writeInput(one.input as PolicyInput, memory.input, reads)) // as the corpus has it
    const wrote = now()
    const dumped = good(evaluator.evaluate(id, written.text, context))
    const evaluated = now()
    readOutcome(dumped, defaultResultRules)
    const done = now()
    times.write.push((wrote - began) * 1_000)
    times.evaluate.push((evaluated - wrote) * 1_000)
    times.read.push((done - evaluated) * 1_000)
  }
  return [summary('write input', times.write), summary('evaluate', times.evaluate), summary('read result', times.read)]
}

const noDecision = '00000000-0000-7000-8000-000000000000' as DecisionId // a question that no decision asked
const MIB = 1_048_576
const memory = { input: MIB / 4, working: 64 * MIB }

function summary(stage: string, [cold = 0, ...times]: readonly number[]): StageTime {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? cold
  return { stage, cold: round(cold), warm: round(at(0.5)), slow: round(at(0.99)) }
}

const round = (microseconds: number): number => Math.round(microseconds * 100) / 100

function good<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw new Error(`${result.detail} (${result.clause})`)
}
