import { EventEmitter } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { main } from '../../../pdp/cli/main.ts'

let folder = ''
let definition = ''

const policy = `package door

default allow := false

allow if {
	input.action.name == "enter"
	input.attested.age >= 18
}

greeting := "welcome" if allow
`
const tests = `package door_test

import data.door

ask(name, age) := {"action": {"name": name}, "attested": {"age": age}}

test_of_age if door.allow with input as ask("enter", 18)

test_too_young if door.allow == false with input as ask("enter", 17)

test_only_entering if not door.allow with input as ask("paint", 30)
`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-mutate-'))
  definition = join(folder, 'door.yaml')
  await mkdir(join(folder, 'door'))
  await writeFile(definition, 'name: door\npolicies: [door]\nentrypoints: [door/allow]\nroots: [door]\n')
})
afterAll(async () => rm(folder, { recursive: true }))

const write = async (files: Readonly<Record<string, string>>) => {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'door', name), text)
}

async function run(...args: readonly string[]) {
  const said: string[] = []
  let printed = ''
  const terminal = { out: (text: string) => void (printed += text), say: (line: string) => void said.push(line) }
  const code = await main(args, terminal as never, new EventEmitter() as never) // this command uses no more of them
  return { code, printed, said: said.join('\n') }
}

test('every operator finds what no test notices, and nothing that one does', { timeout: 120_000 }, async () => {
  await write({ 'door.rego': policy, 'door_test.rego': tests })
  const { code, printed, said } = await run('test', '--mutate', definition, '--format', 'json')
  expect({ code, said }).toEqual({ code: 1, said: '' })
  const [{ survivors, killed }] = JSON.parse(printed)
  expect(survivors.map(({ name }: { readonly name: string }) => name)).toEqual([
    'door/door.rego greeting: drop a rule: greeting := "welcome" if allow',
    'door/door.rego greeting: negate a condition: allow → not allow',
    'door/door.rego greeting: drop an expression: allow → true',
    'door/door.rego greeting: change a constant: "welcome" → ""',
  ])
  // the default, four of each condition, and the rule
  expect(killed).toBe(10)
})

test('equivalents are named with a reason, and names of what does not survive are told', {
  timeout: 120_000,
}, async () => {
  await write({
    'door.rego': policy,
    'door_test.rego': tests,
    'mutants.yaml': `equivalent:
  - { name: 'door/door.rego greeting: change a constant: "welcome" → ""', reason: nobody reads it }
  - { name: 'door/door.rego allow: drop a rule: gone', reason: it was there once }
`,
  })
  const { code, printed } = await run('test', '--mutate', definition, '--run', 'greeting: change')
  expect({ code, printed }).toMatchObject({ code: 1 })
  expect(printed).toContain(
    'EQUIVALENT door/door.rego greeting: change a constant: "welcome" → ""\n     nobody reads it\n',
  )
  const stale = await run('test', '--mutate', definition, '--minimum-score', '0')
  expect(stale.code).toBe(1)
  expect(stale.printed).toContain('STALE door/door.rego allow: drop a rule: gone')
  expect(stale.printed).toContain('door: 14 mutants: 10 noticed, 3 survived, 1 equivalent; ')
})

test('tests that fail without a change say nothing of changes', { timeout: 60_000 }, async () => {
  await write({
    'door.rego': policy.replace('>= 18', '>= 21'),
    'door_test.rego': tests,
    'mutants.yaml': 'equivalent: []\n',
  })
  expect(await run('test', '--mutate', definition)).toMatchObject({
    code: 3,
    said: 'the tests of bundle `door` fail without any change',
  })
})
