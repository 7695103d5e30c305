import type { Rates } from './reckon.ts'

const most = 8

/** What a decision point does now, in lines for a terminal of so many columns. */
export function draw(rates: Rates, columns: number): readonly string[] {
  const { decisions, callers, refused_by_code: refused, asks, cache, audit, policy, redis, revocation } = rates
  const lines = [
    row('ready', yes(rates.ready)),
    '',
    row(
      'decisions',
      `${rate(decisions.per_s)}   allow ${share(decisions.allow_per_s, decisions.per_s)}   deny ${share(decisions.deny_per_s, decisions.per_s)}   faults ${share(decisions.faults_per_s, decisions.per_s)}`,
    ),
    row('latency', `p50 ${time(decisions.p50_s)}   p99 ${time(decisions.p99_s)}`),
    row('asks', `${told(asks.under_way)} under way, ${told(asks.waiting)} wait, ${told(asks.places)} places`),
    ...table('by service', decisions.by_service),
    ...table('by method', callers.by_method),
    ...table('by level', callers.by_level),
    ...table('denied', decisions.denied_by_code),
    ...table('refused', refused),
    '',
    row('cache', `hits ${cache.hits === undefined ? '-' : percent(cache.hits)}${listed(cache.answers_by_cache)}`),
    row('redis', redis ? `${redis.connected ? 'connected' : 'not connected'}, breaker ${redis.breaker}` : 'none'),
    ...table('commands', rates.redis_by_outcome),
    row('revocation', `confirmed ${yes(revocation.confirmed)}, age ${time(revocation.age_s)}`),
    ...Object.entries(rates.trust_age_s).map(([source, age]) => row('trust', `${source} ${time(age)} old`)),
    '',
    row('audit', auditText(audit)),
    ...Object.entries(audit.sink_lag_s).map(([sink, lag]) => row('sink', `${sink} ${time(lag)} behind`)),
    '',
    ...policy.map((each) => row('policy', policyText(each))),
  ]
  return lines.map((line) => printable(line).slice(0, columns))
}

const row = (title: string, text: string): string => `${title.padEnd(12)}${text}`

/** The greatest of a group, a line each; nothing where there are none. */
function table(title: string, values: Readonly<Record<string, number>>): readonly string[] {
  const rows = Object.entries(values)
  const shown = rows
    .slice(0, most)
    .map(([name, value], i) => row(i === 0 ? title : '', `${name.padEnd(28)} ${rate(value)}`))
  return rows.length > most ? [...shown, row('', `and ${rows.length - most} more`)] : shown
}

const listed = (values: Readonly<Record<string, number>>): string =>
  Object.entries(values)
    .map(([name, value]) => `   ${name} ${rate(value)}`)
    .join('')

function auditText({
  written_per_s,
  refused_per_s,
  writable,
  under_no_checkpoint,
  free_bytes,
}: Rates['audit']): string {
  const free = free_bytes === undefined ? '' : `, ${Math.floor(free_bytes / 1_048_576)} MiB free`
  const refused = refused_per_s > 0 ? `, ${rate(refused_per_s)} refused` : ''
  return `${rate(written_per_s)} written${refused}, writable ${yes(writable)}, ${told(under_no_checkpoint)} under no checkpoint${free}`
}

function policyText({ bundle, revision, refused, expires_in_s: ends, candidate }: Rates['policy'][number]): string {
  const asks = candidate && Object.entries(candidate).map(([outcome, n]) => `${outcome} ${n}`)
  return [
    `${bundle} ${revision}`,
    ...(ends === undefined ? [] : [ends > 0 ? `expires in ${time(ends)}` : 'expired']),
    ...(refused ? ['its source is refused'] : []),
    ...(asks ? [`candidate: ${asks.join(' ')}`] : []),
  ].join(', ')
}

const told = (value: number | undefined): string => (value === undefined ? '-' : String(value))
const yes = (value: boolean | undefined): string => (value === undefined ? '-' : value ? 'yes' : 'NO')
const rate = (perSecond: number): string => `${perSecond.toFixed(perSecond >= 100 ? 0 : 1)}/s`
const percent = (part: number): string => `${(100 * part).toFixed(1)} %`
const share = (part: number, whole: number): string => (whole > 0 ? percent(part / whole) : '-')

const units = [
  { from: 86_400, unit: 'd', digits: 1 },
  { from: 3_600, unit: 'h', digits: 1 },
  { from: 60, unit: 'min', digits: 1 },
  { from: 1, unit: 's', digits: 1 },
  { from: 0.001, unit: 'ms', digits: 2 },
  { from: 0.000001, unit: 'us', digits: 0 },
] as const

function time(seconds: number | undefined): string {
  if (seconds === undefined) return '-'
  if (seconds === Number.POSITIVE_INFINITY) return 'ever'
  const found = units.find(({ from }) => seconds >= from)
  return found ? `${(seconds / found.from).toFixed(found.digits)} ${found.unit}` : '0 s'
}

/** What stands in labels must not move a terminal's cursor. */
const printable = (text: string): string => text.replaceAll(/\p{C}/gu, '?')
