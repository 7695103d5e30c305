import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { explainDecision, isInexplicable } from '../../../pdp/cli/author/explain/explain-decision.ts'
import type { AskedPolicy } from '../../../pdp/cli/author/question/asked-policy.ts'
import { openRecordedQuestion } from '../../../pdp/cli/author/question/open-question.ts'
import type { PolicyQuestion } from '../../../pdp/cli/author/question/read-question.ts'
import { textAt } from '../../../pdp/audit/export/stored-line.ts'
import type { JsonObject } from '../../../pdp/core/json.ts'
import type { PolicyInput } from '../../../pdp/core/policy-input.ts'
import { applyChanges } from '../../../pdp/policy/flips/apply-changes.ts'
import { prepareDemo } from '../../../pdp/process/demo/prepare-demo.ts'
import { runRow } from '../../../pdp/process/demo/scenario/run-row.ts'
import { scenario } from '../../../pdp/process/demo/scenario/scenario.ts'
import { startDemo } from '../../../pdp/process/demo/start-demo.ts'
import { systemSurroundings } from '../../../pdp/process/system.ts'
import { createRegoToolchain, type RegoToolchain } from '../../../pdp/rego/toolchain.ts'
import { root } from '../../architecture/project.ts'
import { command } from '../../unit/cli/harness.ts'

// The demonstration, asked everything, with a log and inputs on the disk as a real one has them.

let folder = ''
let log = ''
let toolchain: RegoToolchain
const denied: { readonly asked: string; readonly id: string; readonly bundle: string; readonly code: string }[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-recorded-'))
  const state = join(folder, 'state')
  log = join(state, 'audit')
  toolchain = createRegoToolchain()
  const { clock } = systemSurroundings()
  const settings = [`state=${state}`, 'audit.mode=written', 'audit.payloads={days: 2}']
  const ports = ['listen.decisions=127.0.0.1:0', 'listen.health=127.0.0.1:0']
  const demo = prepareDemo([...settings, ...ports], clock)
  if (!demo.ok) throw new Error(JSON.stringify(demo.problems))
  const running = await startDemo(demo, { environment: {}, say: () => undefined })
  await wait(1_000 - (clock() % 1_000)) // a single use of the second of the start could have been claimed before it
  const asked: string[] = []
  for (const row of scenario.flatMap(({ rows }) => rows)) {
    if (row.expected.code !== 'POLICY_DENIED') continue
    const { good } = await runRow(row, { world: demo.world, now: clock }, running.urls.decisions)
    expect(good, row.asked).toBe(true)
    asked.push(row.asked)
  }
  const closing = running.close()
  running.hurry()
  await closing
  for (const record of await recordsOf()) {
    if (record['kind'] !== 'decision' || record['effect'] !== 'deny') continue
    const [id, bundle, code] = [textAt(record, 'id'), textAt(record, 'policy', 'bundle'), textAt(record, 'code')]
    denied.push({ asked: asked[denied.length] ?? '', id: id ?? '', bundle: bundle ?? '', code: code ?? '' })
  }
  expect(denied.map(({ code }) => code)).toEqual(asked.map(() => 'POLICY_DENIED'))
}, 60_000)
afterAll(async () => {
  await toolchain.close()
  await rm(folder, { recursive: true })
})

const files = async () => (await readdir(log)).filter((name) => name.endsWith('.ndjson')).map((name) => join(log, name))

async function recordsOf(): Promise<readonly JsonObject[]> {
  const texts = await Promise.all((await files()).map((name) => readFile(name, 'utf8')))
  return texts.flatMap((text) => text.trimEnd().split('\n').map((line) => JSON.parse(line) as JsonObject)) // of ours
}

const definitionOf = (bundle: string) => join(root, 'bundles', `${bundle}.yaml`)

function allows(policy: AskedPolicy, question: PolicyQuestion): boolean {
  const { answer } = policy.ask(question)
  return answer.ok && answer.value.allow
}

/** The condition that decides each deny of the demonstration's policies. */
const deciding: Readonly<Record<string, string>> = {}

describe('explain --log --decision', () => {
  test('names the condition that decided every policy deny of the demonstration, and what flips it is allowed', {
    timeout: 120_000,
  }, async () => {
    expect(denied.length).toBeGreaterThan(8)
    for (const { asked, id, bundle } of denied) {
      const said: string[] = []
      const flags = { log, decision: id, definition: definitionOf(bundle) }
      const opened = await openRecordedQuestion(flags, toolchain, (line) => said.push(line))
      if (!opened) throw new Error(said.join('\n'))
      const { policy, question } = opened
      const limits = { maximumEvaluations: 5_000, milliseconds: 1_000, now: () => performance.now() }
      const explained = await explainDecision(policy, question, toolchain, limits)
      if (isInexplicable(explained)) throw new Error(asked)
      const named = [...explained.causes.failed, ...explained.causes.held.flatMap(({ conditions }) => conditions)]
      console.log(asked, named.map((each) => `${each.file}:${each.row}:${each.col} ${each.text} ${JSON.stringify(each.operands)}`), JSON.stringify(explained.flips))
      for (const { changes } of explained.flips?.flips ?? []) {
        const input = applyChanges(question.input as unknown as JsonObject, changes) // JSON by its definition
        const changed = { ...question, input: input as unknown as PolicyInput }
        expect(allows(policy, changed), `${asked} ${JSON.stringify(changes)}`).toBe(true)
      }
    }
  })
})
