import type { ReadSet } from '../../core/read-tree.ts'
import { placed } from './abstract-value.ts'
import { createFindings } from './findings.ts'
import { createInterpreter } from './interpret.ts'
import type { Plan } from './plan.ts'
import { createReads, treeOf } from './read-node.ts'
import { readPlan } from './read-plan.ts'

const INPUT = 0
const DATA = 1

/** A plan ends within a handful; what does not is given up. */
const maximumRounds = 200

/**
 * What every entrypoint of a plan (JSON, as the toolchain's `compile` answers it) may read and call, by its name: the
 * result of an evaluation depends on nothing else of input and data. An entrypoint that is not understood has no entry.
 */
export function analysePlan(json: unknown): Readonly<Record<string, ReadSet>> {
  const plan = readPlan(json)
  if (!plan) return {}
  return Object.fromEntries(
    [...plan.entrypoints.keys()].flatMap((name): [string, ReadSet][] => {
      const readSet = analyse(plan, name)
      return readSet ? [[name, readSet]] : []
    }),
  )
}

function analyse(plan: Plan, name: string): ReadSet | undefined {
  const reads = createReads()
  const [input, data] = [reads.root(), reads.root()]
  const findings = createFindings(reads)
  const interpret = createInterpreter(plan, reads, findings)
  const roots = new Map([
    [INPUT, placed([input])],
    [DATA, placed([data])],
  ])
  for (let round = 0; reads.grew(); round++) {
    if (round >= maximumRounds) return undefined
    interpret(plan.entrypoints.get(name) ?? [], roots)
    for (const [called, summary] of findings.summaries)
      interpret(plan.functions.get(called)?.blocks ?? [], summary.params, summary)
    if (findings.unknown) return undefined
  }
  return { input: treeOf(input), data: treeOf(data), builtins: [...findings.builtins].sort() }
}
