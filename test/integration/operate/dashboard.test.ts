import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMetrics } from '../../../pdp/telemetry/metrics.ts'
import { ask, createSite, send, serve, type Serving, type Site, stop } from '../../contract/process/harness.ts'
import { eventually } from '../../support/eventually.ts'
import { type RedisServer, startRedis } from '../../support/redis.ts'
import { judge, type Judged, type Scrape } from './promql-peer.ts'

// Every query of the dashboard, run by Prometheus' own engine over what a real process told before, while and after it was asked.
// A second instance tells what one process of a test cannot have: witnesses, a candidate, workers, a certificate.

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly datasource?: { readonly uid: string }
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[]
}

interface Dashboard {
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] }
}

const read = (path: string): Promise<string> => readFile(new URL(`../../../${path}`, import.meta.url), 'utf8')

/** As Grafana would fill in its variables, with everything chosen. */
const filled = (expr: string): string =>
  expr.replaceAll('$__rate_interval', '4m').replaceAll(/\$(?:job|instance|service)/g, '.*')

let dashboard: Dashboard
let rules: string
let scrapes: Scrape[]
let judged: Judged
let queries: readonly string[]
let site: Site
let serving: Serving | undefined
let redis: RedisServer

beforeAll(async () => {
  rules = await read('deploy/prometheus/sallyport.rules.yaml')
  dashboard = JSON.parse(await read('deploy/grafana/sallyport.json')) as Dashboard // its form is judged below
  queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => filled(expr)))
  ;[site, redis] = await Promise.all([createSite(), startRedis()])
  await site.file('fleet.secret', 'a secret that a fleet of tests shares, and nobody else')
  await site.configure({
    fleet: { redis: `redis://127.0.0.1:${redis.port}`, tls: 'off', secret: 'file:fleet.secret' },
    audit: { sinks: { local: { type: 'file', path: 'sink.ndjson' } } },
  })
  serving = await serve(site)
  scrapes = [...(await scrapedWhileAsked(serving)), ...(await scrapedOfAnother())]
  judged = await judge({ rules, queries, scrapes })
})

afterAll(async () => {
  if (serving) await stop(serving)
  await Promise.all([site.remove(), redis.remove()])
})

/** What Prometheus may ask for; a counter must go on from one to the other. */
const accepted = ['text/plain; version=0.0.4', 'application/openmetrics-text; version=1.0.0'] as const

/** Allows, denials of both gates, and requests that became no ask, each time before the next scrape. */
async function scrapedWhileAsked({ health, decisions }: Serving): Promise<Scrape[]> {
  const found: Scrape[] = []
  const deny = (headers: Readonly<Record<string, string>>, action: string) =>
    send(decisions, '/authorize/orders', {
      method: 'POST',
      headers: { authorization: `Bearer ${site.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        request: { method: 'GET', url: 'https://orders.example.org/v1/orders/42', headers },
        action: { name: action },
        resource: { type: 'order', id: '42' },
      }),
    })
  await eventually(async () => expect((await ask(decisions, site.key)).body).toContain('"allow"'))
  await eventually(async () => expect((await send(health, '/metrics')).body).toContain('_sink_lag_seconds{'))
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 3; i++) await ask(decisions, site.key)
    await deny({ authorization: 'Bearer not.a.token' }, 'read')
    await deny({}, 'read')
    await ask(decisions, undefined)
    const { body, headers } = await send(health, '/metrics', { headers: { accept: accepted[round % 2] } })
    const type = String(headers['content-type'])
    found.push({ at: (round + 1) * 60, type, labels: { job: 'sallyport', instance: 'a' }, text: body })
  }
  return found
}

/** What no process of this test has, told by the same code. */
async function scrapedOfAnother(): Promise<Scrape[]> {
  const metrics = createMetrics(() => ({
    ready: true,
    certificate: { begins: 0, ends: 7_200_000 },
    bundles: [
      {
        name: 'orders',
        revision: '2',
        expires: 86_400_000,
        candidate: { mode: 'shadow', revision: '3', compared: 9, differences: 1, errors: 0, skipped: 0 },
      },
    ],
    sources: [{ name: 'https://login.example.org', ageSeconds: 30, maxAgeSeconds: 86_400 }],
    log: { records: 9, covered: 9, freeBytes: 1e9, reserveBytes: 1e6, writable: true, checkpointAgeSeconds: 1 },
    witnessed: { records: 9, ageSeconds: 2 },
  }))
  const workers = 'sallyport_workers 2\nsallyport_worker_restarts_total 0\n'
  const found: Scrape[] = []
  for (let round = 1; round <= 4; round++) {
    metrics.sunsetUsed('api-key')
    metrics.instanceReplaced('trap')
    metrics.redisAlarm('use', 'evicting')
    metrics.bundleOffered('orders', 'activated')
    const text = `${await metrics.render()}\n${workers}`
    found.push({ at: round * 60, type: accepted[0], labels: { job: 'sallyport', instance: 'b' }, text })
  }
  return found
}

test('rules and queries are read by Prometheus', () => {
  expect(judged.errors).toEqual([])
  expect(judged.queries.flatMap(({ error }, i) => (error === undefined ? [] : [`${queries[i]}: ${error}`]))).toEqual([])
  expect(queries.length).toBeGreaterThan(40)
})

test('in both formats the same is told', async () => {
  const ofProcess = scrapes.filter(({ labels }) => labels['instance'] === 'a')
  const told = (form: string) => judge({ rules, scrapes: ofProcess.filter(({ type }) => type.startsWith(form)) })
  const [text, openMetrics] = await Promise.all([told('text/plain'), told('application/openmetrics-text')])
  expect(text.scraped.length).toBeGreaterThan(50)
  expect(openMetrics).toMatchObject({ errors: [], scraped: text.scraped })
})

test('every metric that the dashboard and the rules name was told in this scenario, or is recorded', () => {
  const known = new Set([...judged.scraped, ...judged.rules.map(({ name }) => name)])
  const named = [...judged.queries, ...judged.rules].flatMap(({ metrics }) => metrics)
  expect(named.filter((metric) => !known.has(metric))).toEqual([])
})

test('every query has a result', () => {
  expect(queries.filter((_, i) => judged.queries[i]?.series === 0)).toEqual([])
})

test('what is misspelt, or asks for labels that are not there, is found', async () => {
  const [some = ''] = queries
  const wrong = [some.replace('sallyport_ready', 'sallyport_redy'), 'sum(sallyport_ready{pod="x"})', 'sum(rate(']
  const { queries: answers } = await judge({ rules, queries: [some, ...wrong], scrapes })
  expect(answers.map(({ error, series }) => error === undefined && series > 0)).toEqual([true, false, false, false])
})

test('every panel says what it shows, in which unit, and fits beside the others', () => {
  const { panels, templating } = dashboard
  const rows = panels.filter(({ type }) => type === 'row').map(({ title }) => title)
  expect(rows).toEqual(['Decisions', 'Identity', 'Cache and fleet', 'Policy', 'Audit', 'Process'])
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  expect(templating.list.map(({ name }) => name)).toEqual(['datasource', 'job', 'instance', 'service'])
  for (const { type, title, description, datasource, fieldConfig, targets, gridPos } of panels) {
    expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24)
    if (type === 'row') continue
    expect(description, title).toMatch(/^[A-Z1].{20,}\.$/)
    expect(fieldConfig?.defaults.unit, title).toBeDefined()
    expect([datasource?.uid, ...(targets ?? []).map((target) => target.datasource.uid)]).toEqual(
      Array.from({ length: 1 + (targets?.length ?? 0) }, () => '${datasource}'),
    )
    for (const { expr } of targets ?? []) expect(expr, title).toContain('instance=~"$instance"')
  }
  for (const [i, a] of panels.entries())
    for (const b of panels.slice(i + 1)) expect(overlap(a.gridPos, b.gridPos), `${a.title}, ${b.title}`).toBe(false)
})

const overlap = (a: Panel['gridPos'], b: Panel['gridPos']): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
