import type { Command } from 'commander'
import { EventEmitter } from 'node:events'
import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { createProgram } from '../../../pdp/cli/main.ts'
import { codes } from '../../../pdp/core/codes.ts'
import { catchSignals } from '../../../pdp/process/await-end.ts'
import { type AlertCase, alertCases, endMinute, healthy, type Series, seriesOf } from './alert-cases.ts'
import { type Firing, judge, type Judged, type RuleCase } from './promql-peer.ts'

// The rules as Prometheus itself reads and evaluates them, over a healthy fleet with one thing changed at a time.

const read = (path: string): Promise<string> => readFile(new URL(`../../../${path}`, import.meta.url), 'utf8')

interface Rule {
  readonly alert?: string
  readonly record?: string
  readonly expr: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

let text: string
let judged: Judged
let alerts: readonly (Rule & { readonly alert: string })[]
beforeAll(async () => {
  text = await read('deploy/prometheus/sallyport.rules.yaml')
  const { groups } = parse(text) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] } // judged below
  alerts = groups.flatMap(({ rules }) => rules).flatMap((rule) => (rule.alert ? [{ ...rule, alert: rule.alert }] : []))
  judged = await judgeCases(text, alertCases)
})

const caseOf = (changes: Series): RuleCase => ({ series: seriesOf(changes), from: 300, to: endMinute, step: 5 })

const namesOf = (firing: readonly Firing[] | undefined): readonly string[] =>
  [...new Set(firing?.map(({ alert }) => alert))].sort()

/** Rules given as a text over the healthy fleet, and then over each case, as it fires and as it stays. */
const judgeCases = (rules: string, cases: readonly AlertCase[]): Promise<Judged> =>
  judge({ rules, cases: [{}, ...cases.flatMap(({ fires, stays }) => [fires, stays])].map(caseOf) })

/** What is not as the cases say. */
function faultsOf(judged: Judged, cases: readonly AlertCase[]): readonly string[] {
  if (judged.errors.length > 0) return judged.errors
  const [calm, ...answers] = judged.cases
  return [
    ...namesOf(calm).map((name) => `${name} fires where all is well`),
    ...cases.flatMap(({ alert, also = [], stays }, i) => {
      const [fired, stayed] = [namesOf(answers[2 * i]), namesOf(answers[2 * i + 1])]
      const wanted = [alert, ...also].sort()
      return [
        ...(String(fired) === String(wanted)
          ? []
          : [`${alert}: fires ${String(fired)}, not ${String(wanted)} (case ${i})`]),
        ...(stayed.includes(alert) ? [`${alert} fires with ${JSON.stringify(stays)}`] : []),
      ]
    }),
  ]
}

test('each alert fires where it should, alone, and not just short of that; where all is well none does', () => {
  expect(faultsOf(judged, alertCases)).toEqual([])
})

test('each alert has such a case', () => {
  expect([...new Set(alertCases.map(({ alert }) => alert))].sort()).toEqual(alerts.map(({ alert }) => alert).sort())
})

describe('finds', () => {
  const planted: readonly (readonly [what: string, from: string, to: string])[] = [
    ['an alert that cannot fire', 'sallyport_revocation_confirmed == 0', 'sallyport_revocation_confirmed < 0'],
    ['one that always fires', 'sallyport_revocation_confirmed == 0', 'sallyport_revocation_confirmed >= 0'],
    ['a misspelt metric', 'sallyport_revocation_confirmed == 0', 'sallyport_revocation_confirmd == 0'],
    ['a bound that is never reached', 'checkpoint_age_seconds > 300', 'checkpoint_age_seconds > 300000'],
    ['what is no PromQL', 'sallyport_revocation_confirmed == 0', 'sallyport_revocation_confirmed === 0'],
    ['a template that cannot be read', '{{ $value }} revisions', '{{ $valu }} revisions'],
  ]
  test.each(planted)('%s', async (_, from, to) => {
    expect(text).toContain(from)
    const some = alertCases.filter(({ alert }) => /RevocationStale|CheckpointOld|BundlesDiffer/.test(alert))
    expect(faultsOf(await judgeCases(text.replace(from, to), some), some)).not.toEqual([])
  })
})

test('names only metrics that a process tells, or the rules record', async () => {
  const page = await read('docs/metrics.md')
  const told = new Set([...page.matchAll(/^\| `(sallyport_\w+)/gm)].map(([, name]) => name ?? ''))
  const { rules } = await judge({ rules: text })
  const recorded = new Set(rules.map(({ name }) => name))
  const known = (metric: string): boolean =>
    recorded.has(metric) ||
    told.has(metric.replace(/_(?:bucket|count|sum)$/, '')) ||
    told.has(metric) ||
    ofNode.has(metric)
  expect(rules.flatMap(({ metrics }) => metrics).filter((metric) => !known(metric))).toEqual([])
  expect(known('sallyport_revocation_confirmd')).toBe(false)
  const needed = Object.keys(healthy).map((series) => series.replace(/[{@].*/, ''))
  expect(
    needed.filter((metric) => !known(metric)),
    'of the healthy fleet',
  ).toEqual([])
})

/** Those of prom-client that alerts read; a scrape of a process has them, as the dashboard's test holds. */
const ofNode = new Set(['nodejs_eventloop_lag_p99_seconds', 'process_open_fds', 'process_max_fds'])

test('codes are sorted as the table has them: faults, the second gate, and the first', () => {
  const listed = (pattern: RegExp): readonly RegExp[] =>
    [...new Set([...text.matchAll(pattern)].map(([, list]) => list ?? ''))].map((list) => new RegExp(`^(?:${list})$`))
  const [faults, ...moreFaults] = listed(/code=~"(POLICY_ERROR\|[^"]*)"/g)
  const [second, ...moreSecond] = listed(/code=~"(POLICY_DENIED\|[^"]*)"/g)
  const [notFirst, ...moreNotFirst] = listed(/code!~"([^"]*)"/g)
  expect([...moreFaults, ...moreSecond, ...moreNotFirst]).toEqual([])
  for (const [code, row] of Object.entries(codes)) {
    if (row.kind === 'problem') continue
    const isFault = 'fault' in row && row.fault === true
    const first = row.http === 401
    expect([code, faults?.test(code), notFirst?.test(code)]).toEqual([code, isFault, !first])
    const others = ['ALLOWED', 'SUBJECT_RATE_LIMITED'].includes(code)
    expect([code, second?.test(code)]).toEqual([code, !isFault && !first && !others])
  }
})

describe('tells people what to do', () => {
  test('each alert has a severity, a summary, a description and a section of its own in the runbooks', async () => {
    const page = await read('docs/runbooks.md')
    const sections = [...page.matchAll(/^## (\S+)$/gm)].map(([, name]) => name)
    expect(sections).toEqual(alerts.map(({ alert }) => alert))
    for (const { alert, labels, annotations } of alerts) {
      expect(labels?.['severity'], alert).toMatch(/^(?:page|ticket)$/)
      expect(annotations?.['runbook']).toBe(`docs/runbooks.md#${alert.toLowerCase()}`)
      expect(annotations?.['summary'], alert).toMatch(/^[A-Z][^{}]{10,80}[^.]$/)
      expect(annotations?.['description'], alert).toMatch(/\.$/)
    }
  })

  test('each section says what it means, what callers see, what to run first, and what not to do', async () => {
    const sections = (await read('docs/runbooks.md')).split(/^## /m).slice(1)
    for (const section of sections)
      for (const part of ['**Means**', '**Callers see**', '**First**', '**Do not**'])
        expect(section, section.split('\n')[0]).toContain(part)
  })

  test('each command in the runbooks is one that is there, with the flags it has', async () => {
    const none = () => undefined
    const terminal = { out: none, say: none, environment: {}, randomBytes: (n: number) => new Uint8Array(n) }
    const program = createProgram(() => async () => undefined, terminal, catchSignals(new EventEmitter()))
    const faultIn = (text: string): string | undefined => {
      let command: Command = program
      const words = text.split(' ').slice(1)
      for (const word of words) command = command.commands.find((each) => each.name() === word) ?? command
      if (command === program || command.commands.length > 0) return `${text}: no such command`
      const flags = words.filter((word) => word.startsWith('--'))
      const unknown = flags.find((flag) => !command.options.some(({ long }) => long === flag))
      return unknown && `${text}: ${unknown}`
    }
    const named = [...(await read('docs/runbooks.md')).matchAll(/`(sallyport [^`]+)`/g)].map(([, text]) => text ?? '')
    expect(named.length).toBeGreaterThan(30)
    expect(named.flatMap((text) => faultIn(text) ?? [])).toEqual([])
    expect(['sallyport docter', 'sallyport doctor --jsn', 'sallyport audit'].filter((text) => !faultIn(text))).toEqual(
      [],
    )
  })

  test('what is sent is whole', () => {
    const sent = judged.cases.flat()
    expect(sent.length).toBeGreaterThan(alerts.length)
    for (const { alert, annotations } of sent)
      for (const said of Object.values(annotations)) expect(said, alert).not.toMatch(/<no value>|[{}]|^\s|%!/)
  })
})
