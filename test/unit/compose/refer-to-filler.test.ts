import { expect, test } from 'vitest'
import { createMemoryLog } from '../../../pdp/audit/memory-log.ts'
import { referToFiller } from '../../../pdp/compose/refer-to-filler.ts'
import type { DecisionRecord, RecordedQuestion } from '../../../pdp/core/record.ts'
import type { AuditLog } from '../../../pdp/seams.ts'
import { bareRecord, clauseOf, idOf } from '../audit/sample-records.ts'

const answer: RecordedQuestion = {
  code: 'ALLOWED',
  clause: clauseOf('decision-allowed'),
  reasons: [{ code: 'owner', message: 'is the owner' }],
  obligations: [{ id: 'o1', type: 'filter', properties: {} }],
}
const evaluated = (n: number, more: Partial<RecordedQuestion> = {}): DecisionRecord => ({
  ...bareRecord(n),
  questions: [{ ...answer, cache: 'miss', ...more }],
})
const reused = (n: number, by: number): DecisionRecord => ({
  ...bareRecord(n),
  questions: [{ ...answer, cache: 'hit-l1', filledBy: idOf(by) }],
})

function questionsOf(line: string | undefined): unknown {
  const record: { questions: unknown } = JSON.parse(line ?? '')
  return record.questions
}

test('a reused answer refers to the record that has it, once that is written', async () => {
  const memory = createMemoryLog()
  const log = referToFiller(memory)
  await log.append(evaluated(1))
  await log.append(reused(2, 1))
  expect(questionsOf(memory.lines()[1])).toEqual([
    { code: 'ALLOWED', clause: 'decision-allowed', cache: 'hit-l1', filled_by: idOf(1) },
  ])
})

test.for<readonly [string, (log: AuditLog) => Promise<unknown>, 'at once' | 'later']>([
  ['of another log', async () => undefined, 'later'],
  ['not written yet', (log) => log.append(evaluated(1)), 'at once'],
  ['that was not to be kept', (log) => log.append(evaluated(1, { cache: 'bypass' })), 'later'],
])('an answer %s is told in full', async ([, before, after]) => {
  const memory = createMemoryLog()
  const log = referToFiller(memory)
  const done = before(log)
  if (after !== 'at once') await done
  await log.append(reused(2, 1))
  expect(questionsOf(memory.lines().at(-1))).toMatchObject([{ reasons: answer.reasons, filled_by: idOf(1) }])
})

test('one whose record could not be written is told in full', async () => {
  const memory = createMemoryLog()
  let fails = true
  const log = referToFiller({
    append: (record) => (fails ? Promise.reject(new Error('the disk is full')) : memory.append(record)),
  })
  await log.append(evaluated(1)).catch(() => undefined)
  fails = false
  await log.append(reused(2, 1))
  expect(questionsOf(memory.lines()[0])).toMatchObject([{ reasons: answer.reasons }])
})
