import { expect, test } from 'vitest'
import { seconds } from '../../../pdp/core/time.ts'
import { timerSchedule } from '../../../pdp/net/schedule.ts'

test('runs once after the delay, unless cancelled', async () => {
  const ran: string[] = []
  timerSchedule(seconds(0.01), () => ran.push('run'))
  timerSchedule(seconds(0.01), () => ran.push('cancelled'))()
  timerSchedule(seconds(-1), () => ran.push('overdue'))
  await new Promise((settle) => setTimeout(settle, 50))
  expect(ran).toEqual(['overdue', 'run'])
})
