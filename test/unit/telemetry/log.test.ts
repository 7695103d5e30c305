import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant } from '../../../pdp/core/time.ts'
import { createTextLog, faultFields, type LogFields, openLog } from '../../../pdp/telemetry/log.ts'

const clock = () => instant(Date.UTC(2026, 10, 22, 12, 0, 0, 5))

/** A log into memory, at a time that stands still until it is moved. */
async function memory(changes: Partial<Parameters<typeof openLog>[0]> = {}) {
  const lines: string[] = []
  let at = 0
  const log = await openLog({
    level: 'info',
    format: 'json',
    write: (line) => void lines.push(line),
    clock,
    now: () => at,
    ...changes,
  })
  return { log, lines, pass: (ms: number) => void (at += ms) }
}

test('one object a line: level, time in UTC by the given clock, event, what stands beside it, text', async () => {
  const { log, lines } = await memory({ worker: 2 })
  log.tell('bundle.changed', 'bundle `orders` is another one now: r2', { bundle: 'orders', outcome: 'activated' })
  expect(lines).toEqual([
    '{"level":"info","time":"2026-11-22T12:00:00.005Z","worker":2,"event":"bundle.changed","bundle":"orders","outcome":"activated","msg":"bundle `orders` is another one now: r2"}',
  ])
})

test('as text, the text alone', async () => {
  const { log, lines } = await memory({ format: 'text' })
  log.tell('process.stopping', 'stopping: answering what is on its way')
  const ofWorker = createTextLog({ level: 'info', write: (line) => lines.push(line), now: () => 0, worker: 3 })
  ofWorker.tell('tls.replaced', 'certificate replaced', { count: 1 })
  expect(lines).toEqual(['stopping: answering what is on its way', 'worker 3: certificate replaced'])
})

test('what is less urgent than the level is left out', async () => {
  const { log, lines } = await memory({ level: 'error' })
  log.tell('process.listening', 'a')
  log.tell('redis.state', 'b')
  log.tell('config.kept', 'c')
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['c'])
})

describe('what is written', () => {
  test('a field that is not on the list, or has no value, is not', async () => {
    const { log, lines } = await memory()
    const fields = { bundle: 'orders', code: undefined, token: 'MARKED', headers: { authorization: 'MARKED' } }
    log.tell('bundle.changed', 'x', fields as LogFields)
    expect(Object.keys(JSON.parse(lines[0] ?? '') as object)).toEqual(['level', 'time', 'event', 'bundle', 'msg'])
  })

  test.for<readonly [string, string]>([
    ['a token', `eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJNQVJLRUQifQ.MARKED`],
    ['a key of an enforcement point', 'sp_pep_MARKED0123456789'],
    ['a password in a URL', 'redis://user:MARKED@127.0.0.1'],
    ['a query', 'https://example.org/x?code=MARKED'],
  ])('%s is masked wherever it slipped in', async ([, secret]) => {
    for (const format of ['json', 'text'] as const) {
      const { log, lines } = await memory({ format })
      log.tell('trust.kept', `before ${secret} after`, { outcome: secret })
      expect(lines[0]).toContain('[masked]')
      expect(lines[0]).not.toContain('MARKED')
    }
  })

  test('whatever a text holds, it is one line, as JSON the very text', async () => {
    const { log, lines } = await memory({ now: () => 0 })
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !/sp_|eyJ|:\/\//.test(text)),
        (text) => {
          lines.length = 0
          log.tell('decision', text, { service: text })
          expect(lines).toHaveLength(1)
          expect(lines[0]).not.toMatch(/[\n\r]/)
          expect(JSON.parse(lines[0] ?? '')).toMatchObject({ msg: text, service: text })
        },
      ),
    )
    log.tell('trust.kept', 'x'.repeat(1_000_000))
    expect(lines.at(-1)?.length).toBeLessThan(5_000)
  })

  test('of an exception its name, its code and where it was thrown, and nothing that it says', () => {
    const error = Object.assign(new TypeError('MARKED\n    of a header: MARKED'), { code: 'ECONNRESET' })
    const fields = faultFields(error)
    expect(fields).toMatchObject({ error_name: 'TypeError', error_code: 'ECONNRESET' })
    expect(fields.error_at).toMatch(/^at .*log\.test\.ts/)
    expect(JSON.stringify(fields)).not.toContain('MARKED')
    expect(faultFields('MARKED')).toEqual({ error_name: 'string' })
  })
})

test('one event told over and over is left out, and counted; others are not', async () => {
  const { log, lines, pass } = await memory()
  for (let i = 0; i < 10_000; i++) log.tell('redis.state', 'redis: connection lost')
  expect(lines).toHaveLength(100)
  log.tell('process.stopping', 'stopping')
  expect(lines).toHaveLength(101)
  pass(1_000)
  log.tell('redis.state', 'redis: connected')
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ msg: 'redis: connected', suppressed: 9_900 })
  const text = await memory({ format: 'text' })
  for (let i = 0; i < 102; i++) text.log.tell('audit.sink', 'x')
  text.pass(1_000)
  text.log.tell('audit.sink', 'x')
  expect(text.lines.at(-1)).toBe('x (and 2 more of this kind)')
})

test('a writer that fails is no reason to fail', async () => {
  const fail = () => {
    throw new Error('gone')
  }
  for (const format of ['json', 'text'] as const) {
    const { log } = await memory({ format, write: fail })
    expect(() => log.tell('process.hurrying', 'x')).not.toThrow()
  }
})
