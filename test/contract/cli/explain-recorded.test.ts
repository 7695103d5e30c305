import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
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
  return texts.flatMap((text) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as JsonObject),
  ) // of ours
}

const definitionOf = (bundle: string) => join(root, 'bundles', `${bundle}.yaml`)

function allows(policy: AskedPolicy, question: PolicyQuestion): boolean {
  const { answer } = policy.ask(question)
  return answer.ok && answer.value.allow
}

/** The condition that decides each deny of the demonstration's policies. */
const deciding: Readonly<Record<string, string>> = {
  'a staging workload reads a production order':
    'orders/isolation.rego:41:2 caller.environment != input.service.environment "staging" "production"',
  'checkout cancels an order, in production':
    'orders/rights.rego:8:2 question.action in environment_rights[caller.namespace][caller.service_account][question.type] "cancel" ["create", "list", "read"]',
  'low assurance: a payment on a bearer token':
    'orders/assurance.rego:9:17 input.subject.assurance.level >= required.level 1 2',
  'a payment on a grant that expired': 'orders/grants.rego:17:2 nanoseconds_left(grant) > 0 -N 0',
  'two questions at once: read and cancel':
    'orders/rights.rego:8:2 question.action in environment_rights[caller.namespace][caller.service_account][question.type] "cancel" ["create", "list", "read"]',
  'it sends mail, which Alice did not grant':
    'agent-tools/delegation.rego:51:21 tool.scope in split(user.claims.scope, " ") "mail:send" ["openid", "calendar:read"]',
  'it calls a tool that nobody knows': 'agent-tools/agent.rego:9:9 data.agent_tools.tools[question.tool] undefined',
  'it reads the calendar for nobody': 'agent-tools/delegation.rego:22:2 not user.id undefined',
  'a browser acts for Alice, and is no agent': 'agent-tools/agent.rego:34:2 not agent undefined',
}

describe('explain --log --decision', () => {
  test('names the condition that decided every policy deny of the demonstration, and what flips it is allowed', {
    timeout: 120_000,
  }, async () => {
    expect(denied.map(({ asked }) => asked)).toEqual(Object.keys(deciding))
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
      const told = named.map(({ file, row, col, text, operands }) =>
        [`${file}:${row}:${col} ${text}`, ...operands.map(({ value }) => value.replace(/^-\d+$/, '-N'))].join(' '),
      )
      expect(told, asked).toContain(deciding[asked])
      for (const { changes } of explained.flips?.flips ?? []) {
        const input = applyChanges(question.input as unknown as JsonObject, changes) // JSON by its definition
        const changed = { ...question, input: input as unknown as PolicyInput }
        expect(allows(policy, changed), `${asked} ${JSON.stringify(changes)}`).toBe(true)
      }
    }
  })

  test('from the command line', { timeout: 60_000 }, async () => {
    const [{ id, bundle } = { id: '', bundle: '' }] = denied
    const explained = await command(['explain', '--log', log, '--decision', id, '--definition', definitionOf(bundle)])
    expect(explained).toMatchObject({ code: 0, said: '' })
    expect(explained.out).toContain('flips if service.environment = "staging" (now "production")')
  })

  test('another policy than the one that decided explains nothing', { timeout: 60_000 }, async () => {
    const at = join(folder, 'changed')
    await cp(join(root, 'policies', 'orders'), join(at, 'policies', 'orders'), { recursive: true })
    await mkdir(join(at, 'bundles'))
    const definition = join(at, 'bundles', 'orders.yaml')
    const text = await readFile(definitionOf('orders'), 'utf8')
    await writeFile(definition, text.replace(/^corpus:.*$/m, 'corpus: []'))
    const policy = join(at, 'policies', 'orders', 'isolation.rego')
    const ask = async () =>
      command(['explain', '--log', log, '--decision', denied[0]?.id ?? '', '--definition', definition])

    // its revision is another, since its corpus is gone, and it answers the same
    const same = await ask()
    expect(same.code, same.said).toBe(0)
    expect(same.said).toMatch(/^decided under revision \w+, explained with \w+, which answers the same\n$/)

    const rego = await readFile(policy, 'utf8')
    await writeFile(
      policy,
      rego.replace('caller.environment != input.service.environment', 'caller.environment == "moon"'),
    )
    const refused = await ask()
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.said).toMatch(/does not answer as the decision did \(revision \w+\), so it explains nothing\n/)
    expect(refused.said).toContain('  recorded  POLICY_DENIED environment_mismatch\n')
  })

  test.for([
    [['--log', 'LOG'], 64, '--log and --decision go together'],
    [['--log', 'LOG', '--decision', '01980000-0000-7000-8000-000000000000'], 3, 'has no decision'],
    [['--log', 'LOG', '--decision', 'ID', '--state', 'LOG'], 3, 'no input is kept of it'],
    [['--log', 'LOG', '--decision', 'ID', '--question', '2'], 3, '--question: the decision has 1'],
  ] as const)('explain %s', { timeout: 60_000 }, async ([flags, code, says]) => {
    const [{ id, bundle } = { id: '', bundle: '' }] = denied
    const given = flags.map((flag) => (flag === 'LOG' ? log : flag === 'ID' ? id : flag))
    const ended = await command(['explain', ...given, '--definition', definitionOf(bundle)])
    expect(ended).toMatchObject({ code, out: '', said: expect.stringContaining(says) })
  })
})
