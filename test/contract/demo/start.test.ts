import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lineSchema } from '../../../pdp/audit/record-schema.ts'
import { root } from '../../architecture/project.ts'
import { eventually } from '../../support/eventually.ts'
import { type DemoProcess, freePorts, runSallyport, untilWelcome } from './demo-process.ts'

const run = promisify(execFile)

/** What differs from one start to the next. */
const masked = (text: string): string =>
  text
    .replaceAll(/eyJ[\w-]+\.[\w-]+\.[\w-]+|eyJ…/g, 'TOKEN')
    .replaceAll(/sp_pep_[\w-]+|sp_pep_…/g, 'KEY')
    .replaceAll(/127\.0\.0\.1:\d+/g, 'ADDRESS')

describe('npm start', () => {
  let demo: DemoProcess
  let welcome = ''
  let curl = ''

  beforeAll(async () => {
    curl = await run('curl', ['--version']).then(
      ({ stdout }) => stdout,
      () => '',
    )
    demo = runSallyport(['start', '--demo', ...freePorts])
    welcome = await untilWelcome(demo)
  })
  afterAll(() => demo.stop())

  const lines = () => welcome.split('\n').filter((line) => line.startsWith('curl --json '))
  /** Pastes a line into a shell. */
  const paste = async (line: string): Promise<Record<string, unknown>> => {
    const { stdout } = await run('bash', ['-c', line])
    return JSON.parse(stdout) as Record<string, unknown> // an object, by the first assertion on it
  }

  test('is what package.json runs', async () => {
    const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    expect(scripts).toMatchObject({
      prestart: 'node scripts/setup.mjs',
      start: 'node pdp/main.ts start --demo',
      predemo: 'node scripts/setup.mjs',
      demo: 'node pdp/process/demo/main.ts',
    })
  })

  test('prints what README shows', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8')
    const block = /^npm start\n```\n+```text\n([^]*?)```$/m.exec(readme)?.[1] ?? ''
    expect(masked(block)).toBe(masked(welcome))
  })

  test('prints three lines to paste, and curl is there to try them', () => {
    expect(lines()).toHaveLength(3)
    expect(curl, 'these tests need curl 7.82 or newer: install it').toMatch(/^curl /)
  })

  test.for([
    [0, { decision: 'allow', code: 'ALLOWED', respond: { status: 200 } }, 'standing_right'],
    [1, { decision: 'deny', code: 'POLICY_DENIED', respond: { status: 403 } }, 'environment_mismatch'],
    [2, { decision: 'deny', code: 'PROOF_REQUIRED', respond: { status: 401 } }, 'rfc9449-7.2-bound-token-as-bearer'],
  ] as const)('line %i answers what it promises, and leaves a record that says demo', async ([i, expected, reason]) => {
    const reply = await paste(lines()[i] ?? '')
    expect(reply).toMatchObject({ ...expected, demo: true, reasons: [{ code: reason }] })
    await eventually(() => expect(demo.out()).toContain(`"id":"${String(reply['id'])}"`))
    const line = demo
      .out()
      .split('\n')
      .find((text) => text.includes(String(reply['id'])))
    const record: unknown = JSON.parse(line ?? '')
    expect(lineSchema.safeParse(record).success).toBe(true)
    expect(record).toMatchObject({ kind: 'decision', effect: expected.decision, code: expected.code, demo: true })
  })

  test('line 1 can be pasted again', async () => {
    const [line = ''] = lines()
    expect(await paste(line)).toMatchObject({ decision: 'allow' })
    expect(await paste(line)).toMatchObject({ decision: 'allow' })
  })

  test('tokens are good for an hour', () => {
    const tokens = lines().flatMap((line) => /eyJ[\w-]+\.([\w-]+)/.exec(line)?.[1] ?? [])
    const claims = tokens.map((text) => JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, number>)
    expect(claims.map(({ exp = 0, iat = 0 }) => exp - iat)).toEqual([3_600, 3_600, 3_600])
  })

  test('no key and no token is in a record', () => {
    const records = demo.out().slice(welcome.length)
    expect(records).not.toBe('')
    expect(records).not.toMatch(/eyJ[\w-]+\.|sp_pep_/)
    expect(demo.err()).not.toMatch(/eyJ|sp_pep_/)
  })

  test('readiness says demo', async () => {
    const [, health] = /health +(\S+)/.exec(welcome) ?? []
    const reply = await fetch(health ?? '')
    expect([reply.status, await reply.json()]).toMatchObject([200, { ready: true, demo: true }])
    const plain = await fetch((health ?? '').replace('?verbose', ''))
    expect(await plain.text()).toBe('ok demo: true\n')
  })
})

/** A start, as what differs from the plain one. */
interface Start {
  readonly args?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

interface Refused {
  readonly name: string
  readonly twin: Start
  readonly defect: Start
  readonly code: number
  readonly says: string
}

const set = (decisions: string, ...more: readonly string[]): Start => ({
  args: ['--set', `listen.decisions=${decisions}`, 'listen.health=127.0.0.1:0', ...more],
})

const onlyHere = '--demo: listens on this machine only: use a loopback address'

describe('a demonstration is refused', () => {
  test.for<Refused>([
    {
      name: 'decisions outside this machine',
      twin: set('127.0.0.2:0', 'tls=off'),
      defect: set('0.0.0.0:0', 'tls=off'),
      code: 3,
      says: onlyHere,
    },
    {
      name: 'decisions outside this machine, without TLS',
      twin: set('127.0.0.2:0'),
      defect: set('0.0.0.0:0'),
      code: 3,
      says: 'listen.decisions: needs `tls` outside this machine',
    },
    {
      name: 'health outside this machine',
      twin: set('127.0.0.1:0', 'listen.health=127.0.0.2:0'),
      defect: set('127.0.0.1:0', 'listen.health=0.0.0.0:0'),
      code: 3,
      says: onlyHere,
    },
    {
      name: 'production',
      twin: { environment: { NODE_ENV: 'development' } },
      defect: { environment: { NODE_ENV: 'production' } },
      code: 3,
      says: '--demo: is not for production: NODE_ENV says so',
    },
    {
      name: 'a setting in the environment',
      twin: { environment: { SALLY_LISTEN: '127.0.0.1:1' } },
      defect: { environment: { SALLYPORT_LISTEN__ADMIN: '127.0.0.1:1', SALLYPORT_X: '' } },
      code: 3,
      says: '--demo: takes no settings from the environment: unset SALLYPORT_LISTEN__ADMIN, SALLYPORT_X',
    },
    {
      name: 'a configuration file',
      twin: {},
      defect: { args: [...freePorts, '--config', 'sallyport.yaml'] },
      code: 64,
      says: '--demo: brings a configuration of its own: leave out --config',
    },
    {
      name: 'a setting that does not exist',
      twin: set('127.0.0.1:0', 'limits.deadline_ms=900'),
      defect: set('127.0.0.1:0', 'limits.deadlines_ms=900'),
      code: 3,
      says: 'did you mean `deadline_ms`?',
    },
  ])('$name', async ({ twin, defect, code, says }) => {
    const start = ({ args = freePorts, environment }: Start) => runSallyport(['start', '--demo', ...args], environment)
    const allowed = start(twin)
    const printed = await untilWelcome(allowed)
    expect(await allowed.stop()).toBe(0)
    expect(printed).toContain('curl --json ')
    const refused = start(defect)
    expect(await refused.ended).toBe(code)
    expect(refused.err()).toContain(says)
    expect(refused.out()).toBe('')
  })

  test('start without --demo and without a configuration says how to begin', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-empty-'))
    const refused = runSallyport(['start'], {}, { cwd: folder })
    expect(await refused.ended).toBe(3)
    expect(refused.err()).toContain('name one with --config FILE, or try it with: sallyport start --demo')
    await rm(folder, { recursive: true })
  })
})
