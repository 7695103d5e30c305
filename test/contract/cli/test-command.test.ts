import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EventEmitter } from 'node:events'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { main } from '../../../pdp/cli/main.ts'
import { runSallyport } from '../demo/demo-process.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-test-'))
})
afterAll(async () => rm(folder, { recursive: true }))

async function run(...args: readonly string[]) {
  const said: string[] = []
  let printed = ''
  const terminal = { out: (text: string) => void (printed += text), say: (line: string) => void said.push(line) }
  const code = await main(args, terminal as never, new EventEmitter() as never) // this command uses no more of them
  return { code, printed, said: said.join('\n') }
}

const policy = 'package door\n\ndefault allow := false\n\nallow if input.user == "root"\n'
const tests = `package door_test

import data.door

test_root if door.allow with input as {"user": "root"}

test_others if not door.allow with input as {"user": "eve"}
`

/** Writes a bundle's definition with its policy and tests; answers the path of the definition. */
async function define(name: string, files: { readonly policy?: string; readonly tests?: string }): Promise<string> {
  const at = join(folder, name)
  await mkdir(join(at, 'door'), { recursive: true })
  await writeFile(join(at, 'door', 'door.rego'), files.policy ?? policy)
  if (files.tests !== '') await writeFile(join(at, 'door', 'door_test.rego'), files.tests ?? tests)
  const definition = join(at, 'door.yaml')
  await writeFile(definition, 'name: door\npolicies: [door]\nentrypoints: [door/allow]\nroots: [door]\n')
  return definition
}

describe('sallyport test', { timeout: 120_000 }, () => {
  test('runs on source and artefact, and says how much came from it', async () => {
    const { code, printed, said } = await run('test', await define('good', {}))
    expect({ code, said }).toEqual({ code: 0, said: '' })
    expect(printed).toMatch(/^door: 2 passed, 0 failed in [0-9.]+ s\n {2}2 artefact; 0 differences\n$/)
  })

  test('a failing test is told with its place, and exits 1', async () => {
    const wrong = tests.replace('not door.allow', 'door.allow')
    const { code, printed, said } = await run('test', await define('failing', { tests: wrong }))
    expect({ code, said }).toEqual({ code: 1, said: '1 of 2 tests failed' })
    const place = `${join(folder, 'failing', 'door', 'door_test.rego')}:7:`
    expect(printed).toContain(`FAIL ${place}1 data.door_test.test_others\n     ${place}`)
  })

  test('a failing comparison is told with both sides', async () => {
    const compares = `package door_test

import data.door

level := 1

test_level if {
	answer := door.allow with input as {"user": "eve"}
	answer == (level == 1)
}
`
    const { code, printed } = await run('test', await define('compares', { tests: compares }))
    expect(code).toBe(1)
    expect(printed).toMatch(/door_test\.rego:9:2: answer == \(level == 1\)\n {7}answer is false\n {7}.* is true\n/)
  })

  test('an artefact with two conditions changed is caught, naming the calls', async () => {
    const two = `${policy}\nallow if input.level >= 3\n`
    const asked = `${tests}\ntest_level if door.allow with input as {"level": 3}\n`
    const bundle = join(folder, 'tampered.tar.gz')
    const tampered = two.replace('== "root"', '!= "root"').replace('>= 3', '> 3')
    expect(await run('build', await define('other', { policy: tampered }), '--out', bundle)).toMatchObject({ code: 0 })
    const honest = await define('tampered', { policy: two, tests: asked })
    expect(await run('test', honest)).toMatchObject({ code: 0 })
    const { code, printed, said } = await run('test', honest, '--artefact', bundle)
    expect(code).toBe(1)
    expect(said).toBe('3 of 3 tests failed; 3 calls are answered otherwise by the artefact')
    for (const [test, input, source, artefact] of [
      ['test_root', '{"user":"root"}', 'true', 'false'],
      ['test_others', '{"user":"eve"}', 'false', 'true'],
      ['test_level', '{"level":3}', 'true', 'false'],
    ]) {
      expect(printed).toContain(
        `DIFF data.door_test.${test} calls door/allow\n       input     ${input}\n       source    ${source}\n       artefact  ${artefact}\n`,
      )
    }
  })

  test.each([
    ['no test at all', { tests: '' }, [], 1, 'no tests: name rules test_'],
    ['no match', {}, ['--run', 'nothing'], 1, 'no test has a name that matches --run'],
    ['a policy that does not compile', { policy: 'package door\n\nallow if {\n' }, [], 3, 'door/door.rego:'],
    ['no such format', {}, ['--format', 'xml'], 64, '--format: must be one of pretty, json, junit, tap, github'],
    [
      'a test that reaches no artefact, where all must',
      { tests: `${tests}\ntest_nothing if true\n` },
      ['--require-artefact'],
      1,
      '1 tests do not reach the artefact',
    ],
  ] as const)('%s', async (name, files, flags, code, says) => {
    const definition = await define(name.replaceAll(' ', '-'), files)
    const ended = await run('test', definition, ...flags)
    expect(ended.code).toBe(code)
    expect(ended.said).toContain(says)
  })

  test('a matrix finds an allow that nothing lists, and one that is missing, at their places', async () => {
    const definition = await define('matrix', {
      policy: `package door

default allow := false

allow if input.action.name in {"enter", "paint"}
`,
      tests: '',
    })
    const matrix = join(folder, 'matrix', 'door', 'rights_test.yaml')
    const text = `now: 2026-03-02T13:30:00Z
principals: { eve: { subject: { id: eve } } }
resources: { door: { type: door, id: "1" } }
actions: [enter, paint, leave]
allow:
  eve: { door: [enter, leave] }
`
    await writeFile(matrix, text)
    const { code, printed, said } = await run('test', definition)
    expect({ code, said }).toEqual({ code: 1, said: '2 of 3 tests failed' })
    expect(printed).toContain(
      `FAIL ${matrix}:2:15 matrix.eve paint door\n     ${matrix}:2:15: expected DENY, got ALLOW`,
    )
    expect(printed).toContain(
      `FAIL ${matrix}:6:10 matrix.eve leave door\n     ${matrix}:6:10: expected ALLOW, got DENY`,
    )
    expect(printed).toContain('door: 1 passed, 2 failed')
    await writeFile(matrix, text.replace('enter, leave]', 'enter, paint]').replace('actions', 'action'))
    const wrong = await run('test', definition)
    expect(wrong).toMatchObject({ code: 3, printed: '' })
    expect(wrong.said).toContain(`${matrix}:4:1: action: is nothing that a matrix has; did you mean actions?`)
  })

  test('watches, runs again after each change, and ends with what the last run came to', async () => {
    const definition = await define('watched', {})
    const watched = join(folder, 'watched', 'door', 'door.rego')
    const test = runSallyport(['test', definition, '--watch'])
    // how often it runs is the machine's affair: a file may be seen while it is written
    const until = (check: () => void) => vi.waitFor(check, { timeout: 50_000, interval: 10 })
    await until(() => expect(test.err()).toContain('watching'))
    expect(test.out()).toContain('door: 2 passed, 0 failed')
    await writeFile(watched, policy.replace('allow if', 'allow iff'))
    await until(() => expect(test.err()).toMatch(/door\.rego:5:\d+: /))
    await writeFile(watched, policy.replace('"root"', '"eve"'))
    await until(() => expect(test.out()).toContain('door: 0 passed, 2 failed'))
    expect(await test.stop()).toBe(1)
  })

  test('other formats hold the same', async () => {
    const wrong = tests.replace('not door.allow', 'door.allow')
    const definition = await define('formats', { tests: wrong })
    const tap = await run('test', definition, '--format', 'tap')
    expect(tap.printed).toMatch(/^TAP version 14\n1\.\.2\nok 1 - .*test_root\nnot ok 2 - .*test_others\n# .*door\//)
    const junit = await run('test', definition, '--format', 'junit')
    expect(junit.printed).toContain('<testsuite name="door" tests="2" failures="1"')
    const github = await run('test', definition, '--format', 'github')
    expect(github.printed).toMatch(/^::error file=[^,]+\/door\/door_test\.rego,line=7,title=test_others::.*door_test/)
    const json = JSON.parse((await run('test', definition, '--format', 'json', '--coverage')).printed) as unknown
    expect(json).toMatchObject({
      bundles: [{ bundle: 'door', passed: 1, failed: 1, coverage: { coverage: 80 }, rules: { notCalled: [] } }],
    })
  })
})
