import type { Command } from 'commander'
import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import { createProgram } from '../../../pdp/cli/main.ts'
import { catchSignals } from '../../../pdp/process/await-end.ts'
import { command } from './harness.ts'

/** Commands without `--json`, and why. */
const withoutJson: Readonly<Record<string, string>> = {
  start: 'serves, and prints nothing',
  'config print': 'prints the configuration, which is YAML',
  'config schema': 'prints JSON anyway',
  run: 'prints what the command prints that it runs',
  'clients add': 'prints nothing but what it changed',
  'clients disable': 'prints nothing but what it changed',
  'clients enable': 'prints nothing but what it changed',
  'keys create': 'prints a credential, which is told once',
  'keys rotate': 'prints a credential, which is told once',
  'keys revoke': 'prints nothing but what it changed',
  'audit rotate-key': 'prints a verifier key (C2SP signed-note)',
  'audit prove': 'prints a proof (C2SP tlog-proof), or a record, which is JSON',
  'audit check': 'prints nothing but what it found',
  'audit disclose': 'prints a record, which is JSON',
  'audit consistency': 'prints nothing but what it found',
  'audit export': 'prints the format that it is told',
}

/** How each is called wrongly: what it needs is missing, or is not of its form. */
const wrong: Readonly<Record<string, readonly string[]>> = {
  'pep add': ['No Name'],
  'operator add': ['No Name'],
  'audit verify': ['state/audit'],
  'audit rotate-key': [],
  'audit prove': ['state/audit', '1'],
  'audit check': ['record.proof', 'record.json'],
  'audit disclose': ['state/audit', '1', 'subject'],
  'audit consistency': ['state/audit', 'before'],
  'audit query': [],
  'audit tail': [],
  'audit export': [],
  'audit replay': ['state/audit'],
  diff: ['one.yaml'],
  bench: ['--rounds', 'many'],
  keygen: ['--algorithm', 'HS256'],
  sign: ['--sequence', 'none'],
  verify: ['--threshold', 'all'],
  test: ['--format', 'xml'],
  init: ['--template', 'none'],
  explain: ['--log', 'state/audit'],
  call: ['GET', 'nowhere', '--as', 'shop'],
  mint: [],
  run: [],
  doctor: ['--timeout', 'soon'],
  top: ['--interval', 'often'],
  healthcheck: ['--url', 'https://127.0.0.1:7071'],
  inspect: ['--as', 'nothing'],
}

const leaves = (program: Command, path: readonly string[] = []): readonly (readonly [string, Command])[] =>
  program.commands.flatMap((each) => {
    const below = [...path, each.name()]
    return each.commands.length > 0 ? leaves(each, below) : [[below.join(' '), each] as const]
  })

const terminal = {
  out: () => undefined,
  say: () => undefined,
  environment: {},
  randomBytes: (n: number) => new Uint8Array(n),
}
const program = createProgram(() => async () => undefined, terminal, catchSignals(new EventEmitter()))
const all = leaves(program)

test('there are commands, and the lists below name none that is not there', () => {
  const names = all.map(([name]) => name)
  expect(names.length).toBeGreaterThan(30)
  expect(names).toEqual(expect.arrayContaining([...Object.keys(withoutJson), ...Object.keys(wrong)]))
})

describe.each(all)('sallyport %s', (name, leaf) => {
  test('prints help as data, with what it does and an example that it takes', async () => {
    const { code, out, said } = await command([...name.split(' '), '--help'])
    expect({ code, said }).toEqual({ code: 0, said: '' })
    expect(out).toContain(`Usage: sallyport ${name}`)
    expect(leaf.description()).toMatch(/^[a-z].{15,}[^.]$/)
    const example = new RegExp(`^example: sallyport ${name} ?(.*)$`, 'm').exec(out)?.[1]
    expect(example, 'its example').toBeDefined()
    const known = leaf.options.map(({ long }) => long)
    const flags = (/^(?:.*? )?-- /.test(`${example} `) ? '' : (example ?? '')).match(/--[a-z-]+/g) ?? []
    for (const flag of flags) expect(known, `${flag} of its example`).toContain(flag)
  })

  test('prints JSON, or there is a reason that it does not', () => {
    const hasJson = leaf.options.some(({ long }) => long === '--json')
    expect(hasJson).toBe(!Object.hasOwn(withoutJson, name))
  })

  test('called wrongly it exits 64, says so, and prints nothing', async () => {
    for (const args of [['--no-such-flag'], ...(wrong[name] ? [wrong[name]] : [])]) {
      const { code, out, said } = await command([...name.split(' '), ...args])
      expect({ code, out }, args.join(' ')).toEqual({ code: 64, out: '' })
      expect(said).not.toBe('')
    }
  })
})
