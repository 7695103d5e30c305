import { EventEmitter } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  explainDecision,
  type ExplainedDecision,
  isInexplicable,
} from '../../../pdp/cli/author/explain/explain-decision.ts'
import { type AskedPolicy, openAskedPolicy } from '../../../pdp/cli/author/question/asked-policy.ts'
import { type PolicyQuestion, questionOf } from '../../../pdp/cli/author/question/read-question.ts'
import { main } from '../../../pdp/cli/main.ts'
import type { JsonObject } from '../../../pdp/core/json.ts'
import type { PolicyInput } from '../../../pdp/core/policy-input.ts'
import { instant } from '../../../pdp/core/time.ts'
import { applyChanges } from '../../../pdp/policy/flips/apply-changes.ts'
import type { Change } from '../../../pdp/policy/flips/candidate-changes.ts'
import { createRegoToolchain, type RegoToolchain } from '../../../pdp/rego/toolchain.ts'
import { root } from '../../architecture/project.ts'

const policies = ['orders', 'agent-tools'] as const
type PolicyName = (typeof policies)[number]

let toolchain: RegoToolchain
let opened: Readonly<Record<PolicyName, AskedPolicy>>
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-explain-'))
  toolchain = createRegoToolchain()
  const open = (name: PolicyName) => openAskedPolicy(join(root, 'bundles', `${name}.yaml`), {}, toolchain)
  opened = { orders: await open('orders'), 'agent-tools': await open('agent-tools') }
}, 60_000)
afterAll(async () => {
  await toolchain.close()
  await rm(folder, { recursive: true })
})

async function exampleOf(name: PolicyName, file: string): Promise<PolicyQuestion> {
  const text = await readFile(join(root, 'policies', name, 'examples', file), 'utf8')
  return questionOf(JSON.parse(text) as JsonObject, {}, name, instant(0)) // JSON of ours
}

async function explain(name: PolicyName, question: PolicyQuestion): Promise<ExplainedDecision> {
  const limits = { maximumEvaluations: 20_000, milliseconds: 1_500, now: () => performance.now() }
  const explained = await explainDecision(opened[name], question, toolchain, limits)
  if (isInexplicable(explained)) throw new Error('the artefact answers otherwise')
  return explained
}

function changed(question: PolicyQuestion, changes: readonly Change[]): PolicyQuestion {
  // an input is JSON, but its interfaces have no index signature
  const input = applyChanges(question.input as unknown as JsonObject, changes)
  return { ...question, input: input as unknown as PolicyInput }
}

const allows = (name: PolicyName, question: PolicyQuestion): boolean => {
  const { answer } = opened[name].ask(question)
  return answer.ok && answer.value.allow
}

const isIdentity = ({ path }: Change): boolean =>
  ['verified', 'delegation', 'time', 'pep'].includes(path[0] ?? '') ||
  (path[0] === 'subject' && path[1] !== 'assurance') ||
  ['age_s', 'lifetime_s'].includes(path[2] ?? '')

/** The condition that decides, for every denied example. */
const deciding: Readonly<Record<string, string>> = {
  'anonymous-reads-order.json': 'orders/isolation.rego:17 not input.subject.id',
  'checkout-cancels-in-production.json':
    'orders/rights.rego:8 question.action in environment_rights[caller.namespace][caller.service_account][question.type]',
  'checkout-reads-payment.json': 'orders/isolation.rego:44 caller.namespace == resource.namespace',
  'invoicing-reads-payment-with-bearer.json': 'orders/assurance.rego:9 input.subject.assurance.level >= required.level',
  'reporting-exports-with-old-certificate.json':
    'orders/assurance.rego:13 input.subject.assurance.age_s <= required.max_age_s',
  'staging-reads-production.json': 'orders/isolation.rego:41 caller.environment != input.service.environment',
  'support-reads-payment-after-grant.json': 'orders/grants.rego:17 nanoseconds_left(grant) > 0',
  'agent-deletes-files-with-bearer.json': 'agent-tools/danger.rego:5 input.subject.assurance.level >= tool.level',
  'agent-on-its-own.json': 'agent-tools/delegation.rego:22 not user.id',
  'agent-sends-mail-without-scope.json': 'agent-tools/delegation.rego:51 tool.scope in split(user.claims.scope, " ")',
  'agent-transfers-without-assignment.json': 'agent-tools/agent.rego:20 question.tool in agent.tools',
  'chain-too-deep.json':
    'agent-tools/delegation.rego:16 count(input.delegation) <= data.agent_tools.delegation.max_depth',
  'checkout-poses-as-agent.json': 'agent-tools/agent.rego:34 not agent',
}

describe.each(policies)('explain %s', { timeout: 120_000 }, (name) => {
  test('names the condition that decides every denied example, and what flips it is allowed', async () => {
    const files = (await readdir(join(root, 'policies', name, 'examples'))).filter((file) => file.endsWith('.json'))
    const denied = []
    for (const file of files) {
      const question = await exampleOf(name, file)
      if (allows(name, question)) continue
      denied.push(file)
      const { causes, flips } = await explain(name, question)
      const named = [...causes.failed, ...causes.held.flatMap(({ conditions }) => conditions)]
      expect(named.map((each) => `${each.file}:${each.row} ${each.text}`)).toContain(deciding[file])
      for (const { changes } of flips?.flips ?? []) {
        expect(allows(name, changed(question, changes)), `${file} ${JSON.stringify(changes)}`).toBe(true)
        expect(changes.filter(isIdentity)).toEqual([])
      }
    }
    expect(denied.length).toBeGreaterThan(5)
  })
})

/** What spoils an allow, and may be undone. */
const spoils: Readonly<Record<PolicyName, readonly Change[]>> = {
  orders: [
    { path: ['action', 'name'], to: 'burn' },
    { path: ['resource', 'type'], to: 'customer' },
    { path: ['subject', 'assurance', 'level'], to: 0 },
    { path: ['subject', 'assurance', 'possession'], to: 'none' },
    { path: ['service', 'environment'], to: 'test' },
    { path: ['attested', 'environment'], to: 'test' },
    { path: ['attested', 'namespace'], to: 'nowhere' },
    { path: ['attested', 'service_account'], to: 'nobody' },
  ],
  'agent-tools': [
    { path: ['action', 'name'], to: 'admire' },
    { path: ['resource', 'id'], to: 'coffee.make' },
    { path: ['resource', 'type'], to: 'person' },
    { path: ['subject', 'assurance', 'level'], to: 0 },
    { path: ['attested', 'service_account'], to: 'nobody' },
    { path: ['attested', 'namespace'], to: 'nowhere' },
  ],
}

/** A row of numbers below one, the same for a seed. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    yield state / 2_147_483_648
  }
}

test('of denies that one or two changes flip it finds a flip in less than two seconds', {
  timeout: 300_000,
}, async () => {
  const random = numbers(20_261_122)
  const draw = <T>(list: readonly T[]): T => {
    const found = list[Math.floor(random.next().value * list.length)]
    if (found === undefined) throw new Error('nothing to draw from')
    return found
  }
  const allowed: { readonly name: PolicyName; readonly question: PolicyQuestion }[] = []
  for (const name of policies)
    for (const file of await readdir(join(root, 'policies', name, 'examples'))) {
      const question = await exampleOf(name, file)
      if (allows(name, question)) allowed.push({ name, question })
    }
  const tried = new Set<string>()
  let denies = 0
  for (let round = 0; denies < 24 && round < 500; round++) {
    const { name, question } = draw(allowed)
    const first = draw(spoils[name])
    const second = draw(spoils[name])
    const changes = round % 3 === 0 || first === second ? [first] : [first, second]
    const spoiled = changed(question, changes)
    const key = JSON.stringify(spoiled.input)
    if (tried.has(key) || allows(name, spoiled)) continue
    tried.add(key)
    denies++
    const began = process.cpuUsage()
    const { flips } = await explain(name, spoiled)
    const { user, system } = process.cpuUsage(began) // what it takes where nobody else wants the processor
    expect((user + system) / 1_000, JSON.stringify(changes)).toBeLessThan(2_000)
    expect(flips?.flips.length, JSON.stringify(changes)).toBeGreaterThan(0)
    for (const flip of flips?.flips ?? []) {
      expect(allows(name, changed(spoiled, flip.changes))).toBe(true)
      expect(flip.changes.length).toBeLessThanOrEqual(changes.length)
      expect(flip.changes.filter(isIdentity)).toEqual([])
    }
  }
  expect(denies).toBe(24)
})

async function run(...args: readonly string[]) {
  const said: string[] = []
  let printed = ''
  const terminal = { out: (text: string) => void (printed += text), say: (line: string) => void said.push(line) }
  const code = await main(args, terminal as never, new EventEmitter() as never) // these commands use no more of them
  return { code, printed, said: said.join('\n') }
}

describe('the commands', { timeout: 60_000 }, () => {
  const orders = join(root, 'bundles', 'orders.yaml')
  const example = (file: string) => join(root, 'policies', 'orders', 'examples', file)

  test('check prints decision, reasons, rule and timings, and exits 2 on deny', async () => {
    const allowed = await run('check', example('checkout-reads-order.json'), '--definition', orders)
    expect(allowed.code).toBe(0)
    expect(allowed.printed).toMatch(/^ALLOW orders\/decision\n {2}standing_right: shop\/checkout may read/)
    expect(allowed.printed).toMatch(/\nby data\.orders\.decision at .*policies\/orders\/policy\.rego:\d+\n/)
    expect(allowed.printed).toMatch(/\nopened in [\d.]+ ms, evaluated in [\d.]+ ms, again in [\d.]+ ms\n$/)

    const cancel = ['--definition', orders, '--action', 'cancel', '--json']
    const denied = await run('check', example('checkout-reads-order.json'), ...cancel)
    expect(denied.code).toBe(2)
    expect(JSON.parse(denied.printed)).toMatchObject({ allow: false, reasons: [{ code: 'no_right' }] })
  })

  test('a question of flags alone', async () => {
    const facts = ['environment=production', 'namespace=shop', 'service_account=checkout']
    const flags = ['--service', 'orders', '--environment', 'production', '--resource', 'order/42', '--action', 'read']
    const asked = ['--subject', 'checkout', '--attested', ...facts, '--assurance', 'level=1']
    expect(await run('check', ...flags, ...asked, '--definition', orders)).toMatchObject({ code: 0 })
    const proxied = ['--service', 'orders', '--environment', 'production', '--request', 'GET /v1/orders/42']
    expect(await run('check', ...proxied, ...asked, '--definition', orders)).toMatchObject({ code: 0 })
    const wrong = await run('check', ...flags, '--attested', 'shop', '--definition', orders)
    expect(wrong).toMatchObject({ code: 3, said: '--attested: shop is not like name=value' })
  })

  test('explain prints places that can be opened, values and flips', async () => {
    const { code, printed } = await run('explain', example('staging-reads-production.json'), '--definition', orders)
    expect(code).toBe(0)
    expect(printed).toContain('policies/orders/isolation.rego:41:2  caller.environment != input.service.environment\n')
    expect(printed).toContain('    caller.environment is "staging"\n    input.service.environment is "production"\n')
    expect(printed).toContain('\nflips if service.environment = "staging" (now "production")\n')
  })

  test('where there is no flip it says so, with how much was tried', async () => {
    const { printed } = await run('explain', example('anonymous-reads-order.json'), '--definition', orders)
    expect(printed).toMatch(/\nflips if: none found within \d+ evaluations/)
  })

  test('a question with a member that no policy is given is told', async () => {
    const path = join(folder, 'strange.json')
    await writeFile(path, JSON.stringify({ input: { service: { name: 'orders' }, atested: {} } }))
    const { said } = await run('check', path, '--definition', orders)
    expect(said).toContain('atested: is nothing that a policy is given')
  })

  test('another artefact is not explained by these sources', async () => {
    const at = join(folder, 'other')
    await mkdir(join(at, 'door'), { recursive: true })
    const policy = 'package door\n\ndefault allow := false\n\nallow if input.action.name == "enter"\n'
    await writeFile(join(at, 'door', 'door.rego'), policy)
    const definition = join(at, 'door.yaml')
    await writeFile(definition, 'name: door\npolicies: [door]\nentrypoints: [door/allow]\nroots: [door]\n')
    expect(await run('build', definition)).toMatchObject({ code: 0 })
    const question = ['--definition', definition, '--action', 'enter']
    const artefact = ['--artefact', join(at, 'dist', 'door.tar.gz')]
    expect(await run('explain', ...question, ...artefact)).toMatchObject({ code: 0 })
    await writeFile(join(at, 'door', 'door.rego'), policy.replace('"enter"', '"leave"'))
    const refused = await run('explain', ...question, ...artefact)
    expect(refused).toMatchObject({ code: 1, printed: '' })
    expect(refused.said).toContain('  source    false\n  artefact  true')
    const plain = await run('explain', ...question)
    expect(plain.printed).toContain('input.action.name == "leave"\n    input.action.name is "enter"\n')
    expect(plain.printed).toContain('flips if action.name = "leave" (now "enter")')
  })
})
