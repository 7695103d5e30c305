import { type Instant, instant, plus, seconds } from '../../core/time.ts'
import type { SignOptions } from '../../policy/signature/sign-files.ts'

/** As they stand in the command line. */
export interface StatementFlags {
  readonly sequence?: string
  readonly expires?: string
  readonly audience?: readonly string[]
  readonly base?: string
}

/** What a signature is to state beside the files; a text says what is wrong with the flags. */
export function readStatementFlags(
  { sequence, expires, audience, base }: StatementFlags,
  now: Instant,
): NonNullable<SignOptions['statement']> | string {
  const numbers = [sequence, base].map((text) => (text === undefined ? undefined : numberOf(text)))
  if (numbers.includes(0)) return '--sequence and --base must be whole numbers from 1 on'
  const until = expires === undefined ? undefined : untilOf(expires, now)
  if (expires !== undefined && (until === undefined || until <= now))
    return '--expires must be a time to come: 30d, 12h, 90m or 2027-01-31T00:00:00Z'
  const [first, second] = numbers
  return {
    ...(first !== undefined && { sequence: first }),
    ...(second !== undefined && { base: second }),
    ...(until !== undefined && { expires: until }),
    ...(audience && audience.length > 0 && { audiences: audience }),
  }
}

const numberOf = (text: string): number => (/^[1-9]\d{0,14}$/.test(text) ? Number(text) : 0)

const lengths: Readonly<Record<string, number>> = { d: 86_400, h: 3_600, m: 60 }

function untilOf(text: string, now: Instant): Instant | undefined {
  const [, count, unit = ''] = /^(\d{1,5})([dhm])$/.exec(text) ?? []
  if (count !== undefined) return plus(now, seconds(Number(count) * (lengths[unit] ?? 0)))
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : instant(at)
}
