import { createRequire } from 'node:module'
import type * as Sdk from '@open-policy-agent/opa-wasm'
import type { JsonObject, JsonValue } from '../pdp/core/json.ts'
import { readModule } from '../pdp/policy/abi.ts'
import { createEvaluator } from '../pdp/policy/evaluator.ts'
import { type Instance, startInstance } from '../pdp/policy/instance.ts'
import { project } from '../pdp/policy/read-set/project.ts'
import { readValue } from '../pdp/policy/read-value.ts'
import { remember } from '../pdp/policy/remember.ts'
import { valueToJson } from '../pdp/policy/value-to-json.ts'
import { hasLoneSurrogate } from '../pdp/policy/write-input.ts'
import { analysePlan } from '../pdp/rego/read-set/analyse-plan.ts'
import { createRegoToolchain } from '../pdp/rego/toolchain.ts'
import { median } from './measure/median.ts'

// One module and one input under our engine and under OPA's own host for Node, in turns: from the input as an object to
// the result as a value. CPU microseconds of the process per evaluation, medians of the rounds. Then how long it takes
// until an instance whose evaluation was aborted is fit again.

// Its ES module lacks the synchronous loader that its types declare; the CommonJS one has it.
const sdk: typeof Sdk = createRequire(import.meta.url)('@open-policy-agent/opa-wasm')

const rego = `package bench

default allow := false

allow if {
	some role in data.roles[input.user]
	some grant in data.grants[role]
	grant.action == input.action
	grant.type == input.type
}

clash := input.user
clash := input.action
`

const data = {
  roles: { alice: ['clerk', 'auditor', 'manager'], bob: ['clerk'] },
  grants: {
    clerk: [
      { action: 'read', type: 'order' },
      { action: 'create', type: 'order' },
    ],
    auditor: [{ action: 'read', type: 'payment' }],
    manager: [
      { action: 'cancel', type: 'order' },
      { action: 'refund', type: 'payment' },
    ],
  },
}

const small: JsonObject = { user: 'alice', action: 'refund', type: 'payment' }
const large: JsonObject = {
  ...small,
  subject: { issuer: 'https://issuer.example', id: 'alice', methods: ['issuer-jwt'], level: 2, age_s: 12 },
  attested: { environment: 'production', namespace: 'payments', service_account: 'console', cluster: 'one' },
  claims: Object.fromEntries(Array.from({ length: 14 }, (_, i) => [`claim_${i}`, `the value of claim ${i}, ${i * 7}`])),
  request: { method: 'POST', host: 'orders.example.org', path: '/payments/1042/refund', port: 8443, tls: true },
}

const rounds = 21
const perRound = 10_000

const { module, tree, wasm } = await compile()
const instance = started()
const evaluator = createEvaluator(started(), () => undefined)
const read = remember(valueOf)
const policy = sdk.loadPolicySync(new WebAssembly.Module(wasm))
policy.setData(data)

const allow = evaluator.entrypoints.get('bench/allow') ?? 0

function ours(input: JsonValue): JsonValue | undefined {
  const text = JSON.stringify(input)
  if (hasLoneSurrogate(text)) throw new Error('an input has a lone surrogate')
  const answer = evaluator.evaluate(allow, text)
  return answer.ok ? read(answer.value) : undefined
}

const ways: readonly { readonly name: string; readonly evaluate: (input: JsonObject) => unknown }[] = [
  { name: 'the npm SDK', evaluate: (input) => policy.evaluate(input, allow) },
  { name: 'sallyport', evaluate: ours },
  { name: 'sallyport, what is read of the input', evaluate: (input) => ours(project(tree, input)) },
]

for (const input of [small, large]) compare(input)
measureRecovery()

function compare(input: JsonObject): void {
  const figures = ways.map(({ name, evaluate }) => ({ name, evaluate, us: [] as number[] })) // filled below
  for (const { name, evaluate } of ways)
    if (JSON.stringify(evaluate(input)) !== '[{"result":true}]') throw new Error(`${name} answers otherwise`)
  for (let round = -3; round < rounds; round++) {
    for (const { evaluate, us } of figures) {
      const figure = cpuOf(() => evaluate(input))
      if (round >= 0) us.push(figure) // the first ones warm up
    }
  }
  const theirs = median(figures[0]?.us ?? [])
  const bytes = Buffer.byteLength(JSON.stringify(input))
  for (const { name, us } of figures)
    console.log(
      `${String(bytes).padStart(5)} bytes  ${name.padEnd(37)} ${median(us).toFixed(2).padStart(6)} us  ${(theirs / median(us)).toFixed(2)}x`,
    )
}

function cpuOf(work: () => unknown): number {
  const before = process.cpuUsage()
  for (let i = 0; i < perRound; i++) work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / perRound
}

function measureRecovery(): void {
  const clash = instance.entrypoints.get('bench/clash') ?? 0
  const times: number[] = []
  for (let i = 0; i < 1_000; i++) {
    if (instance.evaluate(clash, JSON.stringify(small)).kind !== 'abort') throw new Error('the conflict is none')
    const start = performance.now()
    if (!instance.restart()) throw new Error('the instance does not restart')
    times.push((performance.now() - start) * 1000)
  }
  const last = times.toSorted((a, b) => a - b).at(-11) ?? Number.NaN
  console.log(`recovery after an abort: median ${median(times).toFixed(0)} us, 99 of 100 within ${last.toFixed(0)} us`)
}

/** `[{"result": value}]`, as the SDK answers. */
function valueOf(dumped: string): JsonValue | undefined {
  const value = readValue(dumped)
  return value === undefined ? undefined : valueToJson(value)
}

function started(): Instance {
  const found = startInstance(module, JSON.stringify(data), [], { input: 65_536, working: 16_777_216 })
  if (!found.ok) throw new Error(found.detail)
  return found.value
}

async function compile() {
  const toolchain = createRegoToolchain()
  const entrypoints = ['bench/allow', 'bench/clash']
  const answer = await toolchain.compile({ modules: { 'bench.rego': rego }, entrypoints, plan: true })
  await toolchain.close()
  if (!answer.ok) throw new Error(answer.errors.map(({ message }) => message).join('; '))
  const bytes = new Uint8Array(answer.value.wasm)
  const read = await readModule(bytes)
  const readSet = analysePlan(answer.value.plan)['bench/allow']
  if (!read.ok || !readSet) throw new Error('the module of the benchmark cannot be read')
  return { module: read.value, tree: readSet.input, wasm: bytes }
}
