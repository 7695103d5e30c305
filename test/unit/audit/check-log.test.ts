import { expect, test } from 'vitest'
import { recordLine } from '../../../pdp/audit/record-line.ts'
import { checkLog } from './check-log.ts'
import { bareRecord, idOf } from './sample-records.ts'

// The checker of the crash and fault tests must find what they look for.

const lines = Array.from({ length: 5 }, (_, n) => `${recordLine(bareRecord(n), n)}\n`)
const acknowledged = new Map(lines.map((_, n) => [idOf(n), n]))
const sound = lines.join('')

test('a sound log has no faults, however much was acknowledged', () => {
  expect(checkLog(sound, acknowledged)).toEqual([])
  expect(checkLog(sound, new Map())).toEqual([])
  expect(checkLog('', new Map())).toEqual([])
})

test.for<readonly [string, string, string]>([
  ['the last record lost', lines.slice(0, 4).join(''), 'lost'],
  ['a record within lost', lines.toSpliced(2, 1).join(''), 'lost'],
  ['a record within lost, its number too', lines.toSpliced(2, 1).join(''), 'sequence'],
  ['a record in place of another', lines.toSpliced(2, 1, `${recordLine(bareRecord(9), 2)}\n`).join(''), 'lost'],
  ['two records changed about', [lines[1], lines[0], ...lines.slice(2)].join(''), 'sequence'],
  ['a record twice', sound + recordLine(bareRecord(4), 5).concat('\n'), 'twice'],
  ['a torn line in the middle', lines.toSpliced(2, 0, '{"v":1,"ki').join(''), 'corrupt'],
  ['a torn line at the end', `${sound}{"v":1,`, 'torn'],
  ['a changed member', sound.replace('"effect":"deny"', '"effect":"none"'), 'corrupt'],
])('%s is found', ([, text, fault]) => {
  expect(checkLog(text, acknowledged).some((found) => found.startsWith(fault))).toBe(true)
})
