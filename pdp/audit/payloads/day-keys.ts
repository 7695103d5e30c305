import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { syncFolder } from '../sync-folder.ts'
import { type Instant, plus, seconds, toRfc3339 } from '../../core/time.ts'

/** A day in UTC: `2026-03-02`. */
export type Day = string

/** The day of an instant. */
export const dayOf = (at: Instant): Day => toRfc3339(at).slice(0, 10)

const keyBytes = 32
const keyName = /^(\d{4}-\d\d-\d\d)\.key$/

/** The key of a day; undefined where there is none, or none any more. Throws for a file that is no key. */
export function readDayKey(folder: string, day: Day): Buffer | undefined {
  const path = join(folder, `${day}.key`)
  if (!existsSync(path)) return undefined
  const key = readFileSync(path)
  if (key.length !== keyBytes) throw new Error(`${path} is no key of payloads`)
  return key
}

/**
 * The key of a day, made of `random` where it is the first use of that day. A key is random and derived from nothing, so
 * that nothing makes it again once its file is gone; the file (0600) is on the device before the key is used.
 */
export function readOrMakeDayKey(folder: string, day: Day, random: (length: number) => Uint8Array): Buffer {
  const before = readDayKey(folder, day)
  if (before) return before
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const key = Buffer.from(random(keyBytes))
  const path = join(folder, `${day}.key`)
  writeFileSync(`${path}.new`, key, { mode: 0o600, flush: true })
  renameSync(`${path}.new`, path)
  syncFolder(folder)
  return key
}

/** Erases the keys of all days but the last `days` until `now`, and answers those days. Absent keys are erased already. */
export function eraseDayKeys(folder: string, days: number, now: Instant): readonly Day[] {
  if (!existsSync(folder)) return []
  const oldest = dayOf(plus(now, seconds(-86_400 * (days - 1))))
  const old = readdirSync(folder).flatMap((name) => {
    const day = keyName.exec(name)?.[1]
    return day !== undefined && day < oldest ? [day] : []
  })
  for (const day of old) rmSync(join(folder, `${day}.key`), { force: true })
  if (old.length > 0) syncFolder(folder)
  return old
}
