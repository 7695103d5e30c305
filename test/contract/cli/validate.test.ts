import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRegoToolchain, type RegoToolchain } from '../../../pdp/rego/toolchain.ts'
import { lintDefinition } from '../../../pdp/cli/author/lint/lint-definition.ts'
import { root } from '../../architecture/project.ts'
import { command } from '../../unit/cli/harness.ts'

let folder = ''
let toolchain: RegoToolchain
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-validate-'))
  await mkdir(join(folder, 'door'))
  toolchain = createRegoToolchain()
})
afterAll(async () => {
  await toolchain.close()
  await rm(folder, { recursive: true })
})

const definition = () => join(folder, 'door.yaml')

async function define(rego: string, entrypoint = 'door/allow'): Promise<void> {
  await writeFile(join(folder, 'door', 'door.rego'), `package door\n\ndefault allow := false\n\n${rego}\n`)
  await writeFile(definition(), `name: door\npolicies: [door]\nentrypoints: [${entrypoint}]\nroots: [door]\n`)
}

async function problemsOf(rego: string, entrypoint?: string): Promise<readonly string[]> {
  await define(rego, entrypoint)
  const { problems } = await lintDefinition(definition(), toolchain)
  return problems.map(({ row, col, message }) => `${row}:${col}: ${message}`)
}

describe('validate says what is meant', { timeout: 60_000 }, () => {
  test.for([
    ['allow if input.subjct.id == "x"', '5:10: undefined ref: input.subjct.id; did you mean input.subject.id?'],
    ['allow if input.subject.assurance.levle > 1', 'did you mean input.subject.assurance.level?'],
    ['allow if input.zebra', '5:10: undefined ref: input.zebra'],
  ] as const)('%s', async ([rego, says]) => {
    expect((await problemsOf(rego)).join('\n')).toContain(says)
  })

  test('by an entrypoint, which build says too', async () => {
    const rego = 'allow if input.action.name == "enter"'
    const said = 'no rule is at the entrypoint door/alow; did you mean door/allow?'
    expect(await problemsOf(rego, 'door/alow')).toEqual([`3:15: ${said}`])
    expect(await problemsOf(rego, 'door')).toEqual([])
    await define(rego, 'door/alow')
    expect(await command(['build', definition()])).toMatchObject({ code: 3, said: expect.stringContaining(said) })
  })

  test.for([
    [['biuld'], 'Did you mean build?'],
    [['build', '--chekc'], 'Did you mean --check?'],
    [['audit', 'verfy'], 'Did you mean verify?'],
  ] as const)('by %s', async ([args, says]) => {
    expect(await command(args)).toMatchObject({ code: 64, out: '', said: expect.stringContaining(says) })
  })
})

describe('a negated comparison of what may be absent', { timeout: 60_000 }, () => {
  const at =
    '5:10: `not input.context.risk >= 3` holds where input.context.risk is absent: compare without `not`, or ask for input.context.risk first'
  const level = 'level := input.subject.assurance.level'

  // each beside the twin that has nothing wrong with it
  test.for([
    ['of a member', 'allow if not input.context.risk >= 3', 'allow if input.context.risk < 3', at],
    [
      'of a member that is asked for',
      'allow if not input.context.risk >= 3',
      'allow if {\n\tinput.context.risk\n\tnot input.context.risk >= 3\n}',
      at,
    ],
    [
      'of a member with a default',
      'allow if not input.context.risk >= 3',
      'allow if not object.get(input.context, "risk", 9) >= 3',
      at,
    ],
    [
      'of a rule that is one',
      `allow if not level >= 3\n\n${level}`,
      `allow if not level >= 3\n\ndefault level := 9\n\n${level}`,
      'level is absent',
    ],
    [
      'of what is always there',
      'allow if not input.attested.zone == "x"',
      'allow if not input.service.name == "x"',
      'input.attested.zone is absent',
    ],
    [
      'of a local',
      'allow if not input.attested.zone in {"x"}',
      'allow if {\n\tzone := input.attested.zone\n\tnot zone in {"x"}\n}',
      'input.attested.zone is absent',
    ],
    [
      'in a rule that refuses',
      'allow if not input.attested.zone != "x"',
      'deny if not input.attested.zone != "x"',
      'input.attested.zone is absent',
    ],
    [
      'within a comprehension',
      'allow if count([1 | not input.attested.zone == "x"]) == 1',
      'allow if count([1 | input.attested.zone == "x"]) == 1',
      'input.attested.zone is absent',
    ],
    [
      'in an else',
      'allow if input.context.a else := true if not input.context.b == 1',
      'allow if input.context.a else := true if input.context.b == 1',
      'input.context.b is absent',
    ],
  ] as const)('%s', async ([, bad, good, says]) => {
    expect(await problemsOf(good)).toEqual([])
    const problems = await problemsOf(bad)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(says)
  })

  test('is an error of the command, at a place that can be opened', async () => {
    await define('allow if not input.context.risk >= 3')
    const { code, said } = await command(['validate', definition()])
    expect({ code, said }).toEqual({ code: 3, said: `${join(folder, 'door', 'door.rego')}:${at}\n` })
  })

  test('is in none of the example policies', async () => {
    for (const name of ['orders', 'agent-tools'])
      expect(await lintDefinition(join(root, 'bundles', `${name}.yaml`), toolchain)).toMatchObject({ problems: [] })
  })
})
