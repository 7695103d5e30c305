import type { DecisionId } from '../../../pdp/core/frame.ts'
import type { JsonObject } from '../../../pdp/core/json.ts'
import { instant } from '../../../pdp/core/time.ts'
import { median } from '../../../bench/measure/median.ts'
import { readModule } from '../../../pdp/policy/abi.ts'
import { builtins } from '../../../pdp/policy/builtins/list.ts'
import { createEvaluationContext } from '../../../pdp/policy/evaluation-context.ts'
import { createEvaluator, type Evaluator } from '../../../pdp/policy/evaluator.ts'
import { startInstance } from '../../../pdp/policy/instance.ts'
import { createRegoToolchain } from '../../../pdp/rego/toolchain.ts'

export interface MemoryReport {
  readonly evaluations: number
  readonly aborted: number
  /** Median resident bytes of the second and of the last fifth of the run, after collection. */
  readonly second: number
  readonly last: number
  readonly ratio: number
}

/** Some host builtins, whose answers are cached or belong to the decision, and a conflict where the input wants one. */
const rego = `package soak

decision := {"allow": true, "at": time.now_ns(), "owner": owner} if {
	regex.match(sprintf("^%s-[0-9]+$", [input.kind]), input.name)
	glob.match("kind-*", [], input.kind)
	owner := data.owners[input.kind]
}

decision := "conflict" if input.conflict
`

const samples = 100 // of the resident size, so that each fifth has twenty

/**
 * Evaluates one policy over and over, each time another input, every tenth of which aborts the evaluation, so that the
 * instance is replaced. `collect` is to collect all garbage at once.
 */
export async function runMemory(evaluations: number, collect: () => void): Promise<MemoryReport> {
  const evaluator = await startPolicy()
  const resident: number[] = []
  let aborted = 0
  const perSample = Math.ceil(evaluations / samples)
  for (let n = 1; n <= perSample * samples; n++) {
    if (!evaluateOne(evaluator, n)) aborted++
    if (n % perSample !== 0) continue
    collect()
    resident.push(process.memoryUsage.rss())
  }
  const fifth = samples / 5
  const [second, last] = [median(resident.slice(fifth, 2 * fifth)), median(resident.slice(-fifth))]
  return { evaluations: perSample * samples, aborted, second, last, ratio: last / second }
}

/** Whether it was not aborted. Throws where another answer came than the one that is due. */
function evaluateOne(evaluator: Evaluator, n: number): boolean {
  const [kind, conflict] = [`kind-${n % 50}`, n % 10 === 0]
  const input: JsonObject = { kind, name: `${kind}-${n}`, conflict }
  const id = `soak-${n}` as DecisionId // any text is as good an id
  const context = createEvaluationContext({ id, now: instant(1_760_000_000_000 + n) })
  const answer = evaluator.evaluate(0, JSON.stringify(input), context)
  if (answer.ok === conflict || (answer.ok && !answer.value.includes('"allow": true')))
    throw new Error(`evaluation ${n} answered ${answer.ok ? answer.value : answer.detail}`)
  return answer.ok
}

async function startPolicy(): Promise<Evaluator> {
  const toolchain = createRegoToolchain()
  const compiled = await toolchain.compile({ modules: { 'soak.rego': rego }, entrypoints: ['soak/decision'] })
  await toolchain.close()
  if (!compiled.ok) throw new Error(compiled.errors.map(({ message }) => message).join('; '))
  const module = await readModule(new Uint8Array(compiled.value.wasm))
  if (!module.ok) throw new Error(module.detail)
  const owners = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`kind-${i}`, `owner-${i}`]))
  const limits = { input: 65_536, working: 16_777_216 }
  const instance = startInstance(module.value, JSON.stringify({ owners }), builtins, limits)
  if (!instance.ok) throw new Error(instance.detail)
  return createEvaluator(instance.value, () => undefined)
}
