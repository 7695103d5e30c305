import { ok, type Refusal, type Result } from '../core/result.ts'
import { type Clock, type Instant, instant, type Seconds, seconds } from '../core/time.ts'
import type { Schedule } from '../net/schedule.ts'
import { checkFresh } from './check-fresh.ts'
import { readTextFile } from './read-text-file.ts'
import { createRepeatedRead, type RepeatedRead } from './repeated-read.ts'
import type { TrustStatus } from './status.ts'

/**
 * - `name`: what the status calls it. `paths`: the files, read together.
 * - `every`: how often they are read again once started; 30 s by default.
 */
export interface HeldFilesOptions {
  readonly name: string
  readonly paths: readonly string[]
  readonly clock: Clock
  readonly schedule: Schedule
  readonly every?: Seconds
}

/** How files become what they say, and how many things they hold. */
export interface HeldFilesReader<T> {
  readonly read: (texts: readonly string[]) => Result<T>
  readonly count: (value: T) => number
}

const maximumBytes = 4 * 1024 * 1024 // a list of revoked certificates may be long

/** What some files say, read again and again. */
export interface HeldFiles<T> extends RepeatedRead {
  asOf(): Instant
  status(): TrustStatus
  /** The last good value, the very same while no file changed. Errors: TRUST_UNAVAILABLE before there was one. */
  current(now: Instant): Result<T>
}

/** Where texts come from that are read together, all or none. */
export interface HeldTextsOptions extends Omit<HeldFilesOptions, 'paths'> {
  readonly readTexts: () => Promise<Result<readonly string[]>>
}

/**
 * Holds what files say, all of them at once or not at all. A value serves for as long as it is there: a file that cannot
 * be read is seen by status, and whoever can break the file could as well change it. Nothing is read before `start`.
 */
export const createHeldFiles = <T>({ paths, ...options }: HeldFilesOptions, reader: HeldFilesReader<T>): HeldFiles<T> =>
  createHeldTexts({ ...options, readTexts: () => readAll(paths) }, reader)

/** The same for texts that come from elsewhere. */
export function createHeldTexts<T>(
  { name, readTexts, clock, schedule, every = seconds(30) }: HeldTextsOptions,
  { read, count }: HeldFilesReader<T>,
): HeldFiles<T> {
  let held: { readonly asOf: Instant; readonly texts: readonly string[]; readonly value: T } | undefined
  let fault: Refusal | undefined
  const readOnce = async (asOf: Instant): Promise<Result<void>> => {
    const texts = await readTexts()
    if (!texts.ok) return (fault = texts)
    const before = held
    const same = before !== undefined && before.texts.every((text, i) => text === texts.value[i])
    const value = same ? ok(before.value) : read(texts.value)
    if (!value.ok) return (fault = value)
    held = { asOf, texts: texts.value, value: value.value }
    fault = undefined
    return ok(undefined)
  }
  const { reload, start, close } = createRepeatedRead(readOnce, { clock, schedule, every })
  return {
    asOf: () => held?.asOf ?? instant(0),
    status: () => ({
      name,
      keys: held ? count(held.value) : 0,
      ignored: [],
      ...(held && { asOf: held.asOf }),
      ...(fault && { lastError: fault.detail }),
    }),
    current(now) {
      const fresh = checkFresh(held, now, seconds(Number.POSITIVE_INFINITY))
      return fresh.ok ? ok(fresh.value.value) : fresh
    },
    reload,
    start,
    close,
  }
}

async function readAll(paths: readonly string[]): Promise<Result<readonly string[]>> {
  const texts: string[] = []
  for (const path of paths) {
    const text = await readTextFile(path, maximumBytes)
    if (!text.ok) return text
    texts.push(text.value)
  }
  return ok(texts)
}
