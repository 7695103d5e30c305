import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { eventFacts, eventKinds } from '../../../pdp/audit/event-schema.ts'
import { recordLine } from '../../../pdp/audit/record-line.ts'
import { lineSchema } from '../../../pdp/audit/record-schema.ts'
import type { EventRecord } from '../../../pdp/core/event-record.ts'
import { version } from '../../../pdp/core/version.ts'
import { eventRecord, sampleFacts } from './sample-records.ts'

test.for(eventKinds)('%s: facts stand in the order of the schema, whatever order they came in', (kind) => {
  const record = eventRecord(kind, 1)
  const line = recordLine(record, 3)
  expect(lineSchema.parse(JSON.parse(line))).toMatchObject({ kind, facts: sampleFacts[kind] })
  const reversed = Object.fromEntries(Object.entries(record.facts).reverse())
  expect(recordLine({ ...record, facts: reversed } as EventRecord, 3)).toBe(line)
  const { facts } = JSON.parse(line) as { facts: object } // as its schema says
  expect(Object.keys(facts), 'the sample has every member').toEqual(Object.keys(eventFacts[kind].shape))
})

test('what the schema does not know does not reach the line', () => {
  const record = { ...eventRecord('stop', 1), facts: { secret: 'x' } } as EventRecord
  expect(recordLine(record, 0)).toContain('"facts":{}')
})

test('the published schema is that of the lines', async () => {
  const schema = z.toJSONSchema(lineSchema, { target: 'draft-2020-12' })
  const page = { title: 'A line of the audit log of Sallyport', ...schema }
  await expect(`${JSON.stringify(page, undefined, 2)}\n`).toMatchFileSnapshot(
    '../../../docs/reference/audit-record.schema.json',
  )
})

test('the version is that of the package', () => {
  expect(JSON.parse(readFileSync('package.json', 'utf8'))).toMatchObject({ version })
})
