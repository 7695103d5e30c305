import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { exportFormats } from '../../../../pdp/audit/export/formats.ts'
import { readLine } from '../../../../pdp/audit/export/stored-line.ts'
import { recordLine } from '../../../../pdp/audit/record-line.ts'
import type { JsonObject } from '../../../../pdp/core/json.ts'
import { eventKinds } from '../../../../pdp/audit/event-schema.ts'
import type { AuditRecord } from '../../../../pdp/core/record.ts'
import { buildGoPeer } from '../../../support/go-peer.ts'
import { bareRecord, clauseOf, decisionRecord, eventRecord } from '../../../unit/audit/sample-records.ts'
import { ecsFields, ecsTypes, faultsOf, ocsfClasses } from './field-tables.ts'
import { parseCef } from './parse-cef.ts'

const origin = 'host.example/audit/0123456789abcdef'
const hostile = 'a|b\\c=d e=f\n\r\u2028"<x>\u0000'

const hostileRecord = decisionRecord(3, {
  service: hostile,
  pep: hostile,
  detail: hostile,
  questions: [
    {
      action: 'constructor',
      resource: { type: hostile, id: hostile },
      code: 'POLICY_DENIED',
      clause: clauseOf('policy-allow-false'),
    },
  ],
  request: { method: 'GET', host: 'h', path: `/${hostile}` },
  policy: { bundle: '__proto__', revision: '', digest: hostile },
})

const records: readonly AuditRecord[] = [
  decisionRecord(0),
  decisionRecord(1, { effect: 'deny', code: 'POLICY_DENIED' }),
  bareRecord(2),
  hostileRecord,
  decisionRecord(4, { detail: 'long '.repeat(20_000) }),
  ...eventKinds.map((kind, n) => eventRecord(kind, 10 + n)),
]
const stored = records.map((record, seq): JsonObject => {
  const object = readLine(recordLine(record, seq))
  if (!object) throw new Error('a sample is no record')
  return object
})
const decisions = stored.filter(({ kind }) => kind === 'decision')

function encode(name: string): readonly string[] {
  const format = exportFormats.find((each) => each.name === name)
  if (!format) throw new Error(`no format ${name}`)
  const text = format.encode(stored, { origin })
  expect(text.endsWith('\n')).toBe(true)
  return text.split('\n').slice(0, -1)
}
const objects = (name: string) => encode(name).map((line) => JSON.parse(line) as Record<string, unknown>)

describe('opa: what its own module reads', () => {
  let ask: (request: object) => Promise<{ decisions: readonly string[]; problems: readonly string[] }>
  beforeAll(() => {
    ask = buildGoPeer('opa-logs')
  }, 300_000)
  const upload = (events: readonly unknown[]) => gzipSync(JSON.stringify(events)).toString('base64')

  test('every event, without a member it does not know, and the same when it is written again', async () => {
    const answer = await ask({ uploads: [upload(objects('opa'))] })
    expect(answer).toEqual({ decisions: decisions.map(({ id }) => id), problems: [] })
  })

  test('a member that is planted is found, and one that is changed by the way', async () => {
    const [event = {}] = objects('opa')
    const planted = [
      { ...event, decision: 'allow' },
      { ...event, bundles: { orders: { digest: 'x' } } },
      { ...event, timestamp: '2025-10-09 08:53:20' },
      { ...event, timestamp: '2025-10-09T10:53:20.000000000+02:00' },
      { ...event, decision_id: '' },
      { ...event, labels: {} },
      { ...event, path: '' },
    ]
    const { problems } = await ask({ uploads: planted.map((each) => upload([each])) })
    expect(problems.map((problem) => problem.slice(0, 8))).toEqual(planted.map((_, i) => `upload ${i}`))
  })
})

describe('otlp: what the messages of the protocol read', () => {
  let ask: (request: object) => Promise<{
    records: readonly { event: string; time: number; body: string }[]
    problems: readonly string[]
  }>
  beforeAll(() => {
    ask = buildGoPeer('otlp')
  }, 300_000)

  test('every record, whole, with its kind and time', async () => {
    const { records: read, problems } = await ask({ bodies: objects('otlp') })
    expect(problems).toEqual([])
    expect(read.map(({ event, body }) => [event, JSON.parse(body)])).toEqual(
      stored.map((record) => [`pdp.${String(record['kind'])}`, record]),
    )
    expect(read.map(({ time }) => time)).toEqual(records.map(({ at }) => at * 1_000_000))
  })

  test('a member that is planted is found, and a number that is none', async () => {
    const text = encode('otlp')[0] ?? ''
    const planted = [text.replace('"eventName"', '"event_title"'), text.replace('"intValue":"0"', '"intValue":"zero"')]
    expect(planted.every((each) => each !== text)).toBe(true)
    const { problems } = await ask({ bodies: planted.map((each) => JSON.parse(each) as object) })
    expect(problems).toHaveLength(2)
  })
})

describe('ocsf: the attributes of its classes', () => {
  const faults = (event: Record<string, unknown>) => {
    const row = ocsfClasses[Number(event['class_uid'])]
    if (!row) return ['of no class']
    const { activity_id: activity, type_uid: type, class_uid: uid, category_uid: category } = event
    return [
      ...faultsOf(event, row.fields),
      ...(row.activities.includes(Number(activity)) ? [] : ['not an activity of the class']),
      ...(type === Number(uid) * 100 + Number(activity) ? [] : ['another type']),
      ...(category === Math.floor(Number(uid) / 1000) ? [] : ['another category']),
    ]
  }

  test('every record is an event of its class', () => {
    const events = objects('ocsf')
    expect(events.map(faults)).toEqual(stored.map(() => []))
    expect(events.map(({ metadata }) => (metadata as { sequence: number }).sequence)).toEqual(
      stored.map(({ seq }) => seq),
    )
    expect(events.slice(0, 3).map((event) => [event['action_id'], event['disposition_id'], event['time']])).toEqual([
      [1, 1, records[0]?.at],
      [2, 26, records[1]?.at],
      [2, 27, records[2]?.at],
    ])
  })

  test('what is planted is found', () => {
    const [event = {}] = objects('ocsf')
    const { actor: _, ...without } = event
    for (const planted of [
      { ...event, verdict: 1 },
      without,
      { ...event, activity_id: 7 },
      { ...event, severity_id: 9 },
    ])
      expect(faults(planted)).not.toEqual([])
  })
})

describe('ecs: its fields, and values it allows', () => {
  const faults = (document: Record<string, unknown>) => {
    const { category = [], type = [] } = (document['event'] ?? {}) as { category?: string[]; type?: string[] }
    const allowed = category.flatMap((name) => ecsTypes[name] ?? [])
    return [...faultsOf(document, ecsFields), ...type.filter((name) => !allowed.includes(name))]
  }

  test('every record', () => {
    const documents = objects('ecs')
    expect(documents.map(faults)).toEqual(stored.map(() => []))
    const outcomes = documents.slice(0, 3).map(({ event }) => (event as { outcome: string }).outcome)
    expect(outcomes).toEqual(['success', 'failure', 'unknown'])
  })

  test('what is planted is found', () => {
    const [document = {}] = objects('ecs')
    for (const planted of [
      { ...document, decision: 'allow' },
      { ...document, event: { category: ['api'], type: ['error'] } },
      { ...document, ecs: {} },
    ])
      expect(faults(planted)).not.toEqual([])
  })
})

describe('cef: its grammar and its dictionary', () => {
  test('every record is one line, whatever stands in it', () => {
    const lines = encode('cef').map(parseCef)
    expect(lines.map(({ extension }) => extension.get('cn1'))).toEqual(stored.map(({ seq }) => String(seq)))
    const plain = hostile.replaceAll(/[\p{Cc}\u2028]/gu, ' ')
    expect(lines[3]?.extension.get('cs3')).toBe(plain)
    expect(lines[0]?.header).toEqual(['0', 'Sallyport', 'sallyport', '1', 'ALLOWED', 'decision allow', '1'])
  })

  test.for(['|', ' act=allow act=deny', ' x==', ' unknownKey=1', ' cs1=without a label'])(
    'what is planted is found: %s',
    (more) => {
      const line = 'CEF:0|Sallyport|sallyport|1|ALLOWED|decision allow|1|act=allow'
      expect(parseCef(line).extension.get('act')).toBe('allow')
      expect(() => parseCef(more === '|' ? line.replace('|1|ALLOWED', '') : line + more)).toThrow(
        /key|escaped|label|header|twice|dictionary/,
      )
    },
  )
})
