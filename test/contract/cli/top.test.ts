import { EventEmitter, once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { main } from '../../../pdp/cli/main.ts'
import { catchSignals } from '../../../pdp/process/await-end.ts'
import { createHealthServer } from '../../../pdp/process/health-server.ts'
import { createMetrics } from '../../../pdp/telemetry/metrics.ts'
import { eventually } from '../../support/eventually.ts'

// `top` against the real health listener; the screen is one that this test reads.

const metrics = createMetrics(() => ({ ready: true, bundles: [{ name: 'orders', revision: 'r7' }], sources: [] }))
let server: Server
let asked = 0
let url: string

beforeAll(async () => {
  server = createHealthServer({
    readiness: () => ({ ready: true, demo: false, checks: [] }),
    metrics: () => {
      asked++
      metrics.decided({ effect: 'deny', code: 'POLICY_DENIED', door: 'authorize', service: 'orders' }, 0.001)
      return metrics.render()
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on TCP
})
afterAll(() => void server.close())

/** Begins a command; with `screen` on a terminal of that size. */
function begin(args: readonly string[], screen?: { readonly columns: number; readonly rows: number }) {
  const process = new EventEmitter()
  let out = ''
  let said = ''
  const terminal = {
    out: (text: string) => void (out += text),
    say: (line: string) => void (said += line),
    environment: {},
    randomBytes: () => new Uint8Array(),
    ...(screen && { screen: () => screen }),
  }
  const code = main(['top', ...args], terminal, catchSignals(process))
  return { code, out: () => out, said: () => said, signal: (name: string) => void process.emit(name) }
}

describe('for scripts', () => {
  test('one interval, as lines', async () => {
    const { code, out } = begin(['--url', url, '--once', '--interval', '0.1'], { columns: 80, rows: 24 })
    expect(await code).toBe(0)
    expect(out()).toMatch(/^sallyport top {3}http:.* in \d+\.\d s\n/)
    expect(out()).toMatch(/\ndecisions +\d+(?:\.\d)?\/s +allow 0\.0 % +deny 100\.0 %/)
    expect(out()).toMatch(/\npolicy +orders r7\n/)
    expect(out()).not.toContain('\u001b')
  })

  test('one interval, as JSON', async () => {
    const { code, out } = begin(['--url', url, '--once', '--json', '--interval', '0.1'])
    expect(await code).toBe(0)
    const row = JSON.parse(out()) as { decisions: { per_s: number; denied_by_code: Record<string, number> } }
    expect(row.decisions.per_s).toBeGreaterThan(0)
    expect(Object.keys(row.decisions.denied_by_code)).toEqual(['POLICY_DENIED'])
  })

  test('a line of JSON for each interval, until it is stopped', async () => {
    const running = begin(['--url', url, '--json', '--interval', '0.1'])
    await eventually(() => expect(running.out().split('\n').length).toBeGreaterThan(3))
    running.signal('SIGTERM')
    expect(await running.code).toBe(0)
    for (const line of running.out().trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('decisions')
  })

  test('nobody there is 5; neither is something else', async () => {
    const other = createServer((_, response) => void response.end('hello'))
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    const elsewhere = `127.0.0.1:${(other.address() as AddressInfo).port}`
    const [none, wrong] = [begin(['--url', 'unix:/nowhere/health.sock']), begin(['--url', elsewhere])]
    expect([await none.code, await wrong.code]).toEqual([5, 5])
    expect(none.said()).toContain('ENOENT')
    expect(wrong.said()).toContain('not with metrics of a decision point')
    other.close()
  })
})

describe('on a terminal', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('it is drawn again and again, and left as it was at %s', async (name) => {
    const screen = begin(['--url', url, '--interval', '0.1'], { columns: 60, rows: 12 })
    await eventually(() => expect(screen.out().match(/decisions/g)?.length ?? 0).toBeGreaterThan(2))
    screen.signal(name)
    expect(await screen.code).toBe(0)
    const text = screen.out()
    expect(text.startsWith('\u001b[?1049h\u001b[?25l')).toBe(true)
    expect(text.endsWith('\u001b[?25h\u001b[?1049l')).toBe(true)
    for (const frame of text.split('\u001b[H').slice(1)) {
      const lines = frame
        .replaceAll(/\u001b\[[?0-9]*[a-zA-Z]/g, '')
        .trimEnd()
        .split('\n')
      expect(lines.length).toBeLessThan(12)
      expect(lines.slice(1).every((line) => line.length <= 60)).toBe(true)
    }
  })

  test('while nobody answers it says so, and goes on; a signal ends even a wait for an answer', async () => {
    const silent = createServer(() => undefined)
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const waiting = begin(['--url', `127.0.0.1:${(silent.address() as AddressInfo).port}`], { columns: 80, rows: 24 })
    const away = begin(['--url', 'unix:/nowhere/health.sock', '--interval', '0.1'], { columns: 80, rows: 24 })
    await eventually(() => expect(away.out().match(/ENOENT/g)?.length ?? 0).toBeGreaterThan(2))
    for (const each of [waiting, away]) each.signal('SIGINT')
    expect([await waiting.code, await away.code]).toEqual([0, 0])
    silent.closeAllConnections()
    silent.close()
    expect(asked).toBeGreaterThan(0)
  })
})

test.each([['often'], ['0'], ['-1']])('an interval of %s is 64', async (interval) => {
  expect(await begin(['--url', url, '--interval', interval]).code).toBe(64)
})
