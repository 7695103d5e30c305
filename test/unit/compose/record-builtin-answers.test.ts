import { describe, expect, test } from 'vitest'
import { recordBuiltinAnswers } from '../../../pdp/compose/record-builtin-answers.ts'
import type { AuditRecord } from '../../../pdp/core/record.ts'
import { mintWritten } from '../../../pdp/core/written.ts'
import { createPolicySet } from '../../../pdp/policy/policy-set.ts'
import { frameAt } from '../../support/clock.ts'
import { decisionRecord, startRecord } from '../audit/sample-records.ts'
import { inputWith, loadTestBundle, testService } from '../policy/test-policy.ts'

function answering() {
  const appended: AuditRecord[] = []
  const log = recordBuiltinAnswers({
    append: async (record) => {
      appended.push(record)
      return mintWritten({ record: record.id, seq: appended.length - 1 })
    },
  })
  const decided = (id: AuditRecord['id']) => {
    const { builtins: _builtins, ...record } = decisionRecord(0)
    return { ...record, id }
  }
  return { log, appended, decided }
}

const answer = (text: string) => [{ name: 'uuid.rfc4122', operands: ['"a"'], answer: text }]

test('what a policy was answered stands in the record of that decision, and of no other', async () => {
  const { log, appended, decided } = answering()
  const rego = 'package t\nimport rego.v1\ndecision := {"allow": uuid.rfc4122(input.context.key) != ""}'
  const set = createPolicySet({ onBuiltinAnswers: log.onBuiltinAnswers })
  set.activate('t', await loadTestBundle({ rego }))
  const policy = await set.active(testService)
  const [one, two] = [frameAt(), frameAt()]
  await policy?.evaluate(inputWith({ key: 'a' }), one)
  await policy?.evaluate(inputWith({ key: 'b' }), one)
  for (const id of [two.id, one.id, one.id]) await log.append(decided(id))
  const uuid = expect.stringMatching(/^"[0-9a-f-]{36}"$/)
  expect(appended.map((record) => 'builtins' in record && record.builtins)).toEqual([
    false,
    [
      { name: 'uuid.rfc4122', operands: ['"a"'], answer: uuid },
      { name: 'uuid.rfc4122', operands: ['"b"'], answer: uuid },
    ],
    false,
  ])
})

describe('records without answers are appended as they are', () => {
  test('of events, and where nothing was answered', async () => {
    const { log, appended, decided } = answering()
    const frame = frameAt()
    log.onBuiltinAnswers([], frame)
    const record = decided(frame.id)
    const start = startRecord(1)
    await log.append(record)
    await log.append(start)
    expect(appended[0]).toBe(record)
    expect(appended[1]).toBe(start)
  })

  test('answers that come too late are forgotten, the oldest first', async () => {
    const { log, appended, decided } = answering()
    const frames = Array.from({ length: 4_097 }, () => frameAt())
    for (const [n, frame] of frames.entries()) log.onBuiltinAnswers(answer(String(n)), frame)
    const [first, second] = frames
    if (!first || !second) expect.unreachable('frames')
    else for (const { id } of [first, second]) await log.append(decided(id))
    expect(appended).toMatchObject([{}, { builtins: answer('1') }])
    expect(appended[0]).not.toHaveProperty('builtins')
  })
})
