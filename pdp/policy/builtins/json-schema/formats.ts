import { isIP } from 'node:net'
import { compileRegex } from '../regex-compile.ts'
import { readUri } from '../read-uri.ts'

const time = /^(\d\d?):(\d\d):(\d\d)(?:[.,]\d+)?(?:Z|[+-](\d\d):(\d\d))?$/
const hostname =
  /^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]{0,61}[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]{0,61}[a-zA-Z0-9]))*$/
const atomText = String.raw`A-Za-z0-9!#$%&'*+\-/=?^_{|}~\u0080-\u{10ffff}` + '`'
const atom = `[${atomText}]+`
const quoted = String.raw`"(?:[^"\\\r\n]|\\.)*"`
const address = String.raw`(?:${atom}(?:\.${atom})*|${quoted})@(?:${atom}(?:\.${atom})*|\[[^[\]\\]*\])`
const comments = String.raw`(?:\([^()]*\)[ \t]*)*`
// no part can match in two ways, so that matching is linear
const mailbox = new RegExp(
  String.raw`^[ \t]*(?:${address}|(?:[${atomText} \t.]|${quoted})*<${address}>)[ \t]*${comments}$`,
  'u',
)
const uuid = /^[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$/i
const pointer = /^(?:\/(?:[^~/]|~0|~1)*)*$/
const relativePointer = /^(?:0|[1-9][0-9]*)(?:#|(?:\/(?:[^~/]|~0|~1)*)*)$/

const isUri = (text: string): boolean => isReference(text) && (parsed(text)?.scheme ?? '') !== ''
const isReference = (text: string): boolean => !text.includes('\\') && parsed(text) !== undefined
const parsed = (text: string) => readUri(Buffer.from(text).toString('latin1')) // one character a byte

/** Formats that are checked, each over strings alone. A format that is not here is met by everything. */
const checks: Readonly<Record<string, (text: string) => boolean>> = {
  date: isDate,
  time: isTime,
  'date-time': (text) => isTime(text) || isDate(text) || isDateTime(text),
  hostname: (text) => hostname.test(text) && text.length < 256,
  email: (text) => mailbox.test(text),
  'idn-email': (text) => mailbox.test(text),
  ipv4: (text) => isAddress(text) && text.includes('.'),
  ipv6: (text) => isAddress(text) && text.includes(':'),
  uri: isUri,
  'uri-reference': isReference,
  iri: isUri,
  'iri-reference': isReference,
  'uri-template': (text) => isReference(text) && /^(?:[^{]|\{[^}]*\})*$/.test(parsed(text)?.path ?? ''),
  uuid: (text) => uuid.test(text),
  regex: isRegex,
  'json-pointer': (text) => pointer.test(text),
  'relative-json-pointer': (text) => relativePointer.test(text),
}

export function hasFormat(format: string, value: unknown): boolean {
  const check = Object.hasOwn(checks, format) ? checks[format] : undefined
  return !check || typeof value !== 'string' || check(value)
}

function isDate(text: string): boolean {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)
  if (!parts) return false
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
}

function isTime(text: string): boolean {
  const parts = time.exec(text)
  if (!parts) return false
  const within = (i: number, most: number): boolean => Number(parts[i] ?? '0') <= most
  return within(1, 23) && within(2, 59) && within(3, 59) && within(4, 24) && within(5, 60)
}

function isDateTime(text: string): boolean {
  const [date = '', clock = ''] = text.split('T')
  return text === `${date}T${clock}` && isDate(date) && isTime(clock) && /(?:Z|[+-]\d\d:\d\d)$/.test(clock)
}

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
}

const isAddress = (text: string): boolean => !text.includes('%') && isIP(text) > 0

function isRegex(text: string): boolean {
  try {
    compileRegex(text)
    return true
  } catch {
    return false
  }
}
