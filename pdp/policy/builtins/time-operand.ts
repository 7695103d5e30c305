import { isArrayValue, isNumberValue, numberText, type Value } from '../value.ts'
import { integerOf, readBigFloat } from './big-float.ts'
import { dateOf, type CivilDate } from './time-calendar.ts'
import { findZone, periodAt } from './time-zone.ts'
import type { Zone } from './time-zone-table.ts'

/** An instant, and the zone in which it is looked at. */
export interface ZonedTime {
  /** Seconds since the epoch. */
  readonly second: number
  /** Nanoseconds of the second, never negative. */
  readonly nano: number
  readonly zone: Zone
}

/** The operand of most time builtins: nanoseconds since the epoch, or a list of them, a zone and a layout. */
export interface TimeOperand extends ZonedTime {
  readonly layout: string
}

/** Undefined for another form, an unknown zone, and what is no integer of 64 bits. */
export function readTimeOperand(operand: Value | undefined): TimeOperand | undefined {
  const [ns, zoneName = '', layout = ''] = isArrayValue(operand) ? operand : [operand]
  if (typeof zoneName !== 'string' || typeof layout !== 'string') return undefined
  const instant = readNanoseconds(ns)
  const zone = instant && findZone(zoneName)
  return zone && { ...instant, zone, layout }
}

function readNanoseconds(ns: Value | undefined): Pick<ZonedTime, 'second' | 'nano'> | undefined {
  const float = isNumberValue(ns) ? readBigFloat(numberText(ns)) : undefined
  const integer = float && integerOf(float)
  if (integer === undefined || BigInt.asIntN(64, integer) !== integer) return undefined
  const nano = ((integer % billion) + billion) % billion
  return { second: Number((integer - nano) / billion), nano: Number(nano) }
}

const billion = 1_000_000_000n

/** Nanoseconds since the epoch, or undefined where an int64 cannot hold them. */
export function nanoseconds(second: number, nano: number): bigint | undefined {
  const ns = BigInt(second) * billion + BigInt(nano)
  return BigInt.asIntN(64, ns) === ns ? ns : undefined
}

/** What calendar and clock of the zone show. */
export interface LocalTime {
  readonly date: CivilDate
  /** Days since 1970-01-01. */
  readonly days: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** Seconds east of UTC, and the abbreviation of the zone. */
  readonly offset: number
  readonly zoneName: string
}

export function localTime({ second, zone }: ZonedTime): LocalTime {
  const { offset, name } = periodAt(zone, second)
  const local = second + offset
  const days = Math.floor(local / 86_400)
  const inDay = local - days * 86_400
  return {
    date: dateOf(days),
    days,
    hour: Math.floor(inDay / 3600),
    minute: Math.floor((inDay % 3600) / 60),
    second: inDay % 60,
    offset,
    zoneName: name,
  }
}
