import { expect, test } from 'vitest'
import { createMemberMask } from '../../../pdp/audit/sinks/mask-members.ts'
import { recordLine } from '../../../pdp/audit/record-line.ts'
import { decisionRecord } from './sample-records.ts'

const line = recordLine(decisionRecord(0), 0)

test('takes out what is named, says so, and leaves the rest as it is', () => {
  const masked = createMemberMask(['/subject/id', '/questions/*/resource/id', '/request'])(line)
  const { erased, ...record } = JSON.parse(masked) as Record<string, unknown>
  expect(erased).toEqual(['/subject/id', '/questions/*/resource/id', '/request'])
  expect(record['request']).toBeUndefined()
  expect(masked).not.toMatch(/payments\/sa\/api|"id":"42"/)
  expect(record).toMatchObject({
    seq: 0,
    questions: [{ resource: { type: 'order' } }],
    subject: { issuer: 'prod.example' },
  })
})

test('where nothing is named, or nothing is there, the line is the same', () => {
  expect(createMemberMask([])(line)).toBe(line)
  expect(
    createMemberMask(['/nothing', '/questions/7/code', '/id/deeper', '/__proto__', '/constructor/name'])(line),
  ).toBe(line)
  expect(createMemberMask(['/a~1b'])('{"a/b":1}')).toBe('{"erased":["/a~1b"]}')
  expect(createMemberMask(['/id'])('no record')).toBe('{}')
})
