import { readFileSync } from 'node:fs'
import { readZoneRule, type ZoneRule } from './time-zone-rule.ts'

/** A time zone of the IANA database. */
export interface Zone {
  readonly types: readonly ZoneType[]
  /** Second since the epoch and index of the type from then on, in order. */
  readonly transitions: readonly (readonly [number, number])[]
  readonly rule: ZoneRule | undefined
}

interface ZoneType {
  readonly name: string
  /** Seconds east of UTC. */
  readonly offset: number
  readonly daylight: boolean
}

const known = new Map<string, Zone>()
let lines: ReadonlyMap<string, string> | undefined

/** The zone of that name, in which case counts; undefined if the database has none. The table is read on first use. */
export function zoneNamed(name: string): Zone | undefined {
  const before = known.get(name)
  if (before) return before
  lines ??= readLines()
  const line = lines.get(name)
  if (line === undefined) return undefined
  const zone = readZone(line)
  known.set(name, zone)
  return zone
}

function readLines(): ReadonlyMap<string, string> {
  const text = readFileSync(new URL('./time-zones.txt', import.meta.url), 'utf8')
  const zones = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    zones.flatMap((line) =>
      line
        .slice(0, line.indexOf('\t'))
        .split('|')
        .map((name) => [name, line]),
    ),
  )
}

function readZone(line: string): Zone {
  const [, types = '', transitions = '', rule = ''] = line.split('\t')
  let second = 0
  return {
    types: types.split(';').map((type) => {
      const [offset, daylight, name = ''] = type.split(',')
      return { name, offset: Number(offset), daylight: daylight === '1' }
    }),
    transitions:
      transitions === ''
        ? []
        : transitions.split(' ').map((transition) => {
            const [delta = '', type] = transition.split(':')
            second += Number.parseInt(delta, 36)
            return [second, Number(type)]
          }),
    rule: readZoneRule(rule),
  }
}
