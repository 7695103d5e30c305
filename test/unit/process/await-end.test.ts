import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { parseConfig } from '../../../pdp/config/read-config.ts'
import type { Config } from '../../../pdp/config/schema.ts'
import { awaitEnd, catchSignals } from '../../../pdp/process/await-end.ts'
import type { RunningPdp } from '../../../pdp/process/start.ts'
import { base } from '../config/base.ts'

function config(): Config {
  const parsed = parseConfig(base())
  if (!parsed.ok) throw new Error('refused')
  return parsed.value
}

/** A running process that notes what it is told. */
function stand() {
  const source = new EventEmitter()
  const said: string[] = []
  const told: string[] = []
  let end: (clean: boolean) => void = () => undefined
  const running: RunningPdp = {
    urls: { decisions: 'd', health: 'h', admin: 'a' },
    readiness: () => ({ ready: true, demo: false, checks: [] }),
    reload: async (next) => {
      told.push('reload')
      try {
        await next()
        return { applied: true, digest: 'sha256:x' }
      } catch {
        return { applied: false, reason: 'broken' }
      }
    },
    close: () => {
      told.push('close')
      return new Promise((resolve) => {
        end = resolve
      })
    },
    hurry: () => void told.push('hurry'),
  }
  const signals = catchSignals(source)
  return {
    source,
    said,
    told,
    signals,
    running,
    end: (clean: boolean) => end(clean),
    log: { tell: (_: string, text: string) => void said.push(text) },
  }
}

test('signals that come while the process starts are not lost', async () => {
  const { source, told, signals, running, end, log } = stand()
  source.emit('SIGHUP')
  source.emit('SIGTERM')
  source.emit('SIGTERM')
  const ended = awaitEnd({ running, signals, next: async () => config(), log })
  expect(told).toEqual(['close', 'hurry', 'reload'])
  end(true)
  expect(await ended).toBe(true)
})

test.for([true, false])('the first stop drains, later ones hurry, whichever they are: %s', async (clean) => {
  const { source, told, signals, running, end, log, said } = stand()
  const ended = awaitEnd({ running, signals, next: async () => config(), log })
  expect(told).toEqual([])
  source.emit('SIGINT')
  source.emit('SIGTERM')
  source.emit('SIGINT')
  expect(told).toEqual(['close', 'hurry', 'hurry'])
  expect(said).toEqual(['stopping: answering what is on its way', 'hurrying', 'hurrying'])
  end(clean)
  expect(await ended).toBe(clean)
})

test('a reload says what became of it', async () => {
  const { source, signals, running, log, said } = stand()
  let good = true
  const next = async () => {
    if (!good) throw new Error('broken')
    return config()
  }
  void awaitEnd({ running, signals, next, log })
  source.emit('SIGHUP')
  await new Promise(setImmediate)
  good = false
  source.emit('SIGHUP')
  await new Promise(setImmediate)
  expect(said).toEqual(['configuration in use: sha256:x', 'configuration kept: broken'])
})
