import { expect, test } from 'vitest'
import { createMemoryLog } from '../../../pdp/audit/memory-log.ts'
import { recordDegraded } from '../../../pdp/compose/record-degraded.ts'
import { plus, seconds } from '../../../pdp/core/time.ts'
import { bareRecord, startRecord } from '../audit/sample-records.ts'

test('a decision says what was wrong, and no more once it is right again; events do not', async () => {
  const memory = createMemoryLog()
  let broken = true
  const log = recordDegraded(memory, { redis: () => broken, disk: () => false })
  const first = bareRecord(1)
  await log.append(first)
  await log.append(startRecord(2))
  broken = false
  await log.append({ ...bareRecord(3), at: plus(first.at, seconds(0.05)) })
  expect(memory.lines().map((line) => line.includes('"degraded":["redis"]'))).toEqual([true, false, false])
})
