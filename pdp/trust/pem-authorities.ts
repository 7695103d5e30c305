import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { type Clock, type Seconds, seconds } from '../core/time.ts'
import type { Schedule } from '../net/schedule.ts'
import type { AnchorSource } from '../seams.ts'
import { holdAuthorities } from './hold-authorities.ts'
import { distinct, readPemAuthorities } from './read-pem-authorities.ts'
import { readTextFile } from './read-text-file.ts'
import { rememberLast } from './remember-last.ts'
import { createRepeatedRead, type RepeatedRead } from './repeated-read.ts'
import type { TrustStatus } from './status.ts'

export const pemAuthoritiesClauses = clauses({
  place: 'trust-pem-place',
  files: 'trust-pem-files',
})

/**
 * - `path`: of a file in PEM, or of a folder of them: every `.pem`, `.crt` and `.cer` in it, hidden ones left out.
 * - `leaves`: whether certificates that are no authority are `taken` too: they sign nothing, but may stand for themselves.
 *   Refused by default.
 * - `every`: how often it is read again once started; 30 s by default.
 * - `maxStale`: how long authorities serve after all was last read and right; for ever by default, as of any file.
 */
export interface PemAuthoritiesOptions {
  readonly name: string
  readonly path: string
  readonly leaves?: 'refused' | 'taken'
  readonly clock: Clock
  readonly schedule: Schedule
  readonly every?: Seconds
  readonly maxStale?: Seconds
}

/** Certificate authorities of files in PEM. */
export interface PemAuthorities extends AnchorSource, RepeatedRead {
  status(): TrustStatus
}

const maximumFiles = 200
const maximumBytes = 1024 * 1024

/**
 * Makes a source of authorities in PEM. All or nothing: one file that cannot be taken keeps what was there before, and the
 * status names it. Nothing is read before `start` or `reload`.
 */
export function createPemAuthorities(options: PemAuthoritiesOptions): PemAuthorities {
  const {
    name,
    path,
    clock,
    schedule,
    leaves = 'refused',
    every = seconds(30),
    maxStale = seconds(Number.POSITIVE_INFINITY),
  } = options
  const holder = holdAuthorities(name, maxStale)
  const read = rememberLast((texts) => readAll(texts, leaves))
  const reading = createRepeatedRead(
    async (asOf) => {
      const files = await readFiles(path)
      const list = files.ok ? read(JSON.stringify(files.value)) : files
      const taken = list.ok ? ok({ list: list.value, asOf }) : list
      holder.settle(taken)
      return taken
    },
    { clock, schedule, every },
  )
  return { ...reading, asOf: holder.asOf, status: holder.status, anchors: holder.anchors }
}

/** A file by its name, with its text. */
type NamedText = readonly [name: string, text: string]

/** Takes the texts as one, so that the same texts give the very same list. */
function readAll(texts: string, leaves: 'refused' | 'taken'): Result<readonly Buffer[]> {
  const all: Buffer[] = []
  for (const [name, text] of JSON.parse(texts) as readonly NamedText[]) {
    const read = readPemAuthorities(text, name, leaves)
    if (!read.ok) return read
    all.push(...read.value)
  }
  return distinct(all)
}

async function readFiles(path: string): Promise<Result<readonly NamedText[]>> {
  const found = await filesAt(path)
  if (!found.ok) return found
  const texts: NamedText[] = []
  let left = maximumBytes
  for (const [name, file] of found.value) {
    const text = await readTextFile(file, left)
    if (!text.ok) return { ...text, detail: `${name}: ${text.detail}` }
    left -= Buffer.byteLength(text.value)
    texts.push([name, text.value])
  }
  return ok(texts)
}

async function filesAt(path: string): Promise<Result<readonly (readonly [name: string, path: string])[]>> {
  let names: readonly string[]
  try {
    if (!(await stat(path)).isDirectory()) return ok([['file', path]])
    names = await readdir(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'
    return refuse('TRUST_UNAVAILABLE', pemAuthoritiesClauses.place, `file or folder cannot be read: ${code}`)
  }
  const files = names.filter((name) => /^[^.].*\.(?:pem|crt|cer)$/.test(name)).sort()
  if (files.length === 0 || files.length > maximumFiles) {
    const what = files.length === 0 ? 'holds no .pem, .crt or .cer' : `may hold ${maximumFiles} files at most`
    return refuse('TRUST_UNAVAILABLE', pemAuthoritiesClauses.files, `folder ${what}`)
  }
  return ok(files.map((name) => [name, join(path, name)]))
}
