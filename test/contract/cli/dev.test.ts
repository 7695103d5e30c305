import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { command } from '../../unit/cli/harness.ts'
import { type DemoProcess, runSallyport } from '../demo/demo-process.ts'

const main = fileURLToPath(new URL('../../../pdp/main.ts', import.meta.url))
let root = ''
let demo = ''

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-dev-test-'))
  demo = join(root, 'demo')
  expect(await command(['init', demo])).toMatchObject({ code: 0 })
})
afterAll(async () => rm(root, { recursive: true }))

/** Whole processes start and compile here, which takes a busy machine long. */
const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 100_000, interval: 10 })

const isThere = async (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** How long a process has had a processor, all of its threads together: what it takes where nobody else wants one. */
async function cpuMs(pid: number | undefined): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? []
  return 10 * (Number(fields[11]) + Number(fields[12])) // utime and stime, in hundredths of a second (proc_pid_stat(5))
}

/** A service as its authors write it: it hands every request to the decision point, and does what that says. */
async function startService(decisions: string, key: string): Promise<Server> {
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request
    const { authorization, dpop } = headers
    const evidence = { ...(authorization !== undefined && { authorization }), ...(dpop !== undefined && { dpop }) }
    const body = { request: { method, url: `https://notes.example.org${url}`, headers: evidence } }
    fetch(`${decisions}/authorize/notes`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
      .then(async (answer) => (await answer.json()) as { readonly decision: string; readonly code: string })
      .then(({ decision, code }) => {
        response.statusCode = decision === 'allow' ? 200 : 403
        response.end(code)
      })
      .catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

describe('sallyport dev', { timeout: 240_000 }, () => {
  let dev: DemoProcess
  let service: Server
  let port = 0
  const file = () => join(demo, '.sallyport', 'dev.json')
  const call = async (method: string, ...more: readonly string[]) =>
    command(['call', method, `:${port}/v1/notes/1`, '--dev', file(), ...more])

  beforeAll(async () => {
    dev = runSallyport(['dev', '--listen', '127.0.0.1:0', '--json'], {}, { cwd: demo })
    await eventually(() => expect(dev.err()).toContain('watching'))
    const { decisions } = JSON.parse(dev.out()) as { readonly decisions: string }
    const { peps } = JSON.parse(await readFile(file(), 'utf8')) as { readonly peps: Readonly<Record<string, string>> }
    service = await startService(decisions, peps['notes-api'] ?? '')
    port = (service.address() as AddressInfo).port
  }, 110_000)
  afterAll(async () => {
    await dev.stop()
    service.close()
  })

  test.for(['bearer', 'access-token', 'dpop'])('call as somebody, with %s', async (method) => {
    expect(await call('GET', '--as', 'shop', '--method', method)).toMatchObject({ code: 0, out: 'ALLOWED\n' })
    const denied = await call('DELETE', '--as', 'shop', '--method', method)
    expect(denied).toMatchObject({ code: 1, out: 'POLICY_DENIED\n', said: '403 Forbidden\n' })
  })

  test.for([
    [['--as', 'shop', '--method', 'none'], 1, '403 Forbidden'],
    [['--as', 'shop', '--method', 'bearr'], 3, 'did you mean bearer?'],
    [['--as', 'shop', '--method', 'jwt-svid'], 3, 'trust: has no trust domain'],
    [['--as', 'shop', '--service', 'orders'], 3, '--service: must be one of notes'],
  ] as const)('call with %s', async ([flags, code, says]) => {
    expect(await call('GET', ...flags)).toMatchObject({ code, said: expect.stringContaining(says) })
  })

  test('nobody there, and nothing like a URL', async () => {
    const flags = ['--as', 'shop', '--dev', file()]
    expect(await command(['call', 'GET', ':1/', ...flags])).toMatchObject({ code: 5, out: '' })
    expect(await command(['call', 'GET', 'notes', ...flags])).toMatchObject({ code: 64, out: '' })
    const nowhere = await command(['mint', '--as', 'shop', '--dev', join(root, 'none.json')])
    expect(nowhere).toMatchObject({ code: 3, out: '', said: expect.stringContaining('run sallyport dev') })
  })

  test('takes a change at once, keeps the last good policy through one that does not compile', async () => {
    const rights = join(demo, 'policies', 'notes', 'data.json')
    const policy = join(demo, 'policies', 'notes', 'notes.rego')
    const text = await readFile(rights, 'utf8')
    const rego = await readFile(policy, 'utf8')
    const code = async () => (await call('DELETE', '--as', 'shop')).code
    const count = (part: string) => dev.err().split(part).length - 1

    const took: number[] = []
    const change = async (to: string, swaps: number) => {
      const before = await cpuMs(dev.child.pid)
      await writeFile(rights, to)
      await eventually(() => expect(count('built and active')).toBe(swaps))
      took.push((await cpuMs(dev.child.pid)) - before)
    }
    for (let round = 1; round <= 3; round++) {
      await change(text.replace('"shop": ["read"]', '"shop": ["read", "write"]'), 2 * round - 1)
      expect(await code()).toBe(0)
      await change(text, 2 * round)
      expect(await code()).toBe(1)
    }
    expect(Math.min(...took), took.join()).toBeLessThan(300)

    await writeFile(policy, rego.replace('may if action', 'may if if action'))
    await eventually(() => expect(dev.err()).toMatch(/^policies\/notes\/notes\.rego:\d+:\d+: unexpected if/m))
    expect(await code()).toBe(1)
    expect(await call('GET', '--as', 'shop')).toMatchObject({ code: 0 })
    await writeFile(policy, rego)
    await eventually(() => expect(dev.err()).toMatch(/stays as it was\n(?:.*\n)*.*is the one that is active/))
  })

  test('ends with the signal, and leaves no keys behind', async () => {
    expect(await isThere(file())).toBe(true)
    expect(await dev.stop()).toBe(0)
    expect(await isThere(file())).toBe(false)
  })
})

describe('sallyport run', { timeout: 240_000 }, () => {
  const script = `
    const { execFileSync } = require('node:child_process')
    const { writeFileSync } = require('node:fs')
    const mint = (...flags) => JSON.parse(execFileSync(process.execPath, [process.env.MAIN, 'mint', '--json', ...flags]))
    const { SALLYPORT_URL: url, SALLYPORT_PEP_KEY: key, OUT: out } = process.env
    const target = 'https://notes.example.org/v1/notes/1'
    const ask = async (headers) => {
      const body = JSON.stringify({ request: { method: 'GET', url: target, headers } })
      const more = { authorization: 'Bearer ' + key, 'content-type': 'application/json' }
      return (await (await fetch(url + '/authorize/notes', { method: 'POST', headers: more, body })).json()).code
    }
    void (async () => {
      const dpop = mint('--as', 'shop', '--method', 'dpop', '--request', 'GET ' + target)
      const moon = mint('--as', 'moon')
      writeFileSync(out, JSON.stringify([await ask(dpop), await ask(dpop), await ask(moon), url]))
      if (process.env.WAIT) setInterval(() => {}, 1000)
      else process.exit(7)
    })()`

  const start = (out: string, more: Readonly<Record<string, string>> = {}) =>
    runSallyport(['run', '--', process.execPath, '-e', script], { MAIN: main, OUT: out, ...more }, { cwd: demo })

  test('a command finds a decision point and credentials, its exit code is answered, and nothing stays', async () => {
    const out = join(root, 'answers.json')
    const ran = start(out)
    expect(await ran.ended, ran.err()).toBe(7)
    const [first, again, moon, url] = JSON.parse(await readFile(out, 'utf8')) as readonly string[]
    expect([first, again, moon]).toEqual(['ALLOWED', 'REPLAYED', 'POLICY_DENIED'])
    await expect(fetch(`${url}/authorize/notes`)).rejects.toThrow('fetch failed')
    expect(await isThere(join(demo, '.sallyport', 'dev.json'))).toBe(false)
  })

  test('a signal ends the command, and then the decision point', async () => {
    const out = join(root, 'waiting.json')
    const ran = start(out, { WAIT: '1' })
    await eventually(async () => expect(await isThere(out)).toBe(true))
    expect(await ran.stop()).toBe(128 + 15)
    expect(await isThere(join(demo, '.sallyport', 'dev.json'))).toBe(false)
  })

  test('a command that is not there', async () => {
    const ran = runSallyport(['run', '--', 'no-such-command-anywhere'], {}, { cwd: demo })
    expect(await ran.ended).toBe(127)
    expect(ran.err()).toContain('no-such-command-anywhere: cannot be run (ENOENT)')
  })
})
