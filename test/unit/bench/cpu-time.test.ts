import { expect, test } from 'vitest'
import { cpuTime, processTicks } from '../../../bench/measure/cpu-time.ts'

test('the time of all threads of a process is counted, as the system itself counts it', () => {
  const [before, systemBefore] = [cpuTime(process.pid), process.cpuUsage()]
  const until = performance.now() + 200
  let spins = 0
  while (performance.now() < until) spins++
  const { user, system } = process.cpuUsage(systemBefore)
  expect(spins).toBeGreaterThan(0)
  expect(Math.abs(cpuTime(process.pid) - before - (user + system))).toBeLessThan(60_000)
})

test('the name of a command may hold anything', () => {
  expect(processTicks('42 (a) b ( c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20')).toBe(300)
})
