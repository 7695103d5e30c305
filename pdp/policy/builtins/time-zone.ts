import { periodByRule } from './time-zone-rule.ts'
import { type Zone, zoneNamed } from './time-zone-table.ts'

/** What a clock shows in a zone from one change to the next. */
export interface ZonePeriod {
  /** The abbreviation, as `CET`. */
  readonly name: string
  /** Seconds east of UTC. */
  readonly offset: number
  /** Seconds since the epoch; the end is not part of it. */
  readonly start: number
  readonly end: number
}

const always = { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY }

const utc: Zone = { types: [{ name: 'UTC', offset: 0, daylight: false }], transitions: [], rule: undefined }

/** The zone of a name as Go's `time.LoadLocation` has it: '' is UTC, `Local` that of the process. */
export function findZone(name: string): Zone | undefined {
  if (name === '' || name === 'UTC') return utc
  return name === 'Local' ? localZone() : zoneNamed(name)
}

/** The zone in which the process runs; UTC where that is unknown. */
export function localZone(): Zone {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
  return timeZone === 'UTC' ? utc : (zoneNamed(timeZone) ?? utc)
}

/** The period of the zone in which the second since the epoch lies. */
export function periodAt(zone: Zone, second: number): ZonePeriod {
  const { transitions, rule } = zone
  const [first] = transitions
  if (!first || second < first[0]) {
    // Go takes a zone without transitions to have had one long ago
    const type = first ? firstType(zone) : 0
    if (!first && rule) return periodByRule(rule, always.start, second)
    return periodOf(zone, type, always.start, first ? first[0] : always.end)
  }
  let low = 0
  let high = transitions.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (second < (transitions[middle]?.[0] ?? 0)) high = middle
    else low = middle
  }
  const [start, type] = transitions[low] ?? first
  if (low === transitions.length - 1 && rule) return periodByRule(rule, start, second)
  return periodOf(zone, type, start, transitions[high]?.[0] ?? always.end)
}

function periodOf({ types }: Zone, index: number, start: number, end: number): ZonePeriod {
  const { name, offset } = types[index] ?? { name: 'UTC', offset: 0 }
  return { name, offset, start, end }
}

/** The type before the first transition, chosen as Go does after tzcode's localtime.c. */
function firstType({ types, transitions }: Zone): number {
  if (!transitions.some(([, type]) => type === 0)) return 0
  const next = transitions[0]?.[1] ?? 0
  if (types[next]?.daylight) {
    for (let type = next - 1; type >= 0; type--) if (types[type]?.daylight === false) return type
  }
  return Math.max(
    0,
    types.findIndex(({ daylight }) => !daylight),
  )
}

/** The offset of an abbreviation at a local time, given in seconds as if it were UTC; undefined for an unknown one. */
export function offsetNamed(zone: Zone, name: string, local: number): number | undefined {
  const types = zone.types.filter((type) => type.name === name)
  for (const { offset } of types) {
    const period = periodAt(zone, local - offset)
    if (period.name === name) return period.offset
  }
  return types[0]?.offset
}

/** Seconds since the epoch of a local time, given in seconds as if it were UTC, as Go's `time.Date` resolves it. */
export function instantOf(zone: Zone, local: number): number {
  const { offset, start, end } = periodAt(zone, local)
  const instant = local - offset
  return instant >= start && instant < end ? instant : local - periodAt(zone, instant).offset
}
