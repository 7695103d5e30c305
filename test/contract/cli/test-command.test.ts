import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EventEmitter } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { main } from '../../../pdp/cli/main.ts'

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

describe('sallyport test', { timeout: 60_000 }, () => {
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

  test('a tampered artefact is caught, naming the calls', async () => {
    const bundle = join(folder, 'tampered.tar.gz')
    const other = await define('other', { policy: policy.replace('== "root"', '!= "root"') })
    expect(await run('build', other, '--out', bundle)).toMatchObject({ code: 0 })
    const { code, printed, said } = await run('test', await define('tampered', {}), '--artefact', bundle)
    expect(code).toBe(1)
    expect(said).toBe('2 of 2 tests failed; 2 calls are answered otherwise by the artefact')
    expect(printed).toContain('DIFF data.door_test.test_others calls door/allow\n')
    expect(printed).toContain('input     {"user":"eve"}\n       source    false\n       artefact  true\n')
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
    expect(json).toMatchObject({ bundles: [{ bundle: 'door', passed: 1, failed: 1, coverage: { coverage: 80 } }] })
  })
})
