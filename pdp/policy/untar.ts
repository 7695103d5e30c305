import { type Clause, clauses } from '../core/clause.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'

export const tarClauses = clauses({
  header: 'bundle-tar-header',
  truncated: 'bundle-tar-complete',
  trailing: 'bundle-tar-end',
  type: 'bundle-tar-regular-files',
  name: 'bundle-tar-name',
  duplicate: 'bundle-tar-name-once',
  entries: 'bundle-tar-entries',
  entrySize: 'bundle-tar-entry-size',
})

/** Bounds of an archive: entries of any kind, and bytes of one file. */
export interface TarLimits {
  readonly entries: number
  readonly entrySize: number
}

const BLOCK = 512
const FILE = new Set(['0', '\0'])
const DIRECTORY = '5'

/**
 * Reads a tar archive (POSIX ustar): name → bytes, views into `archive`. Strict, where tar is not: regular files and
 * directories only, names that are relative and normal once OPA's leading slash is taken off, each once, checksums
 * right, nothing behind the end. Refuses with POLICY_ERROR.
 */
export function untar(archive: Uint8Array, limits: TarLimits): Result<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  const names = new Set<string>()
  let at = 0
  for (let entries = 0; ; entries++) {
    const header = archive.subarray(at, at + BLOCK)
    if (header.length < BLOCK) return bad(tarClauses.truncated, 'the archive ends without its end marker')
    if (isZero(header)) break
    if (entries >= limits.entries) return bad(tarClauses.entries, `the archive has more than ${limits.entries} entries`)
    const entry = readHeader(header)
    if (!entry.ok) return entry
    const { name, size, type } = entry.value
    if (size > limits.entrySize) return bad(tarClauses.entrySize, `a file is larger than ${limits.entrySize} bytes`)
    if (!isNormal(name))
      return bad(tarClauses.name, 'a name is absolute, has `.`, `..` or empty parts or odd characters')
    if (names.has(name)) return bad(tarClauses.duplicate, 'a name stands twice in the archive')
    names.add(name)
    const content = archive.subarray(at + BLOCK, at + BLOCK + size)
    if (content.length < size) return bad(tarClauses.truncated, 'the archive ends within a file')
    if (FILE.has(type)) files.set(name, content)
    else if (type !== DIRECTORY || size !== 0)
      return bad(tarClauses.type, 'the archive holds a link, a device or an extension; only plain files may be in it')
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
  if (archive.length < at + 2 * BLOCK) return bad(tarClauses.truncated, 'the archive ends without its end marker')
  return isZero(archive.subarray(at))
    ? ok(files)
    : bad(tarClauses.trailing, 'there is more behind the end of the archive')
}

interface Entry {
  readonly name: string
  readonly size: number
  readonly type: string
}

function readHeader(header: Uint8Array): Result<Entry> {
  const field = (from: number, length: number): string =>
    Buffer.from(header.subarray(from, from + length)).toString('latin1')
  const size = octal(field(124, 12))
  const checksum = octal(field(148, 8))
  if (field(257, 5) !== 'ustar' || size === undefined || checksum !== sumOf(header))
    return bad(tarClauses.header, 'a tar header is not ustar or its checksum is wrong')
  const type = field(156, 1)
  const prefix = text(field(345, 155))
  const last = text(field(0, 100))
  if (prefix === undefined || last === undefined) return bad(tarClauses.name, 'a name has bytes behind its end')
  const whole = prefix === '' ? last : `${prefix}/${last}`
  const name = whole.startsWith('/') ? whole.slice(1) : whole // OPA writes one
  return ok({ name: type === DIRECTORY && name.endsWith('/') ? name.slice(0, -1) : name, size, type })
}

/** A field up to its NULs; undefined where anything follows them. */
function text(field: string): string | undefined {
  const end = field.indexOf('\0')
  if (end < 0) return field
  return /^\0*$/.test(field.slice(end)) ? field.slice(0, end) : undefined
}

function octal(field: string): number | undefined {
  const digits = /^ *([0-7]+)[ \0]*$/.exec(field)?.[1]
  return digits === undefined ? undefined : Number.parseInt(digits, 8)
}

/** The sum of all bytes, with the checksum's own field as spaces. */
function sumOf(header: Uint8Array): number {
  let sum = 0
  for (const [i, byte] of header.entries()) sum += i >= 148 && i < 156 ? 0x20 : byte
  return sum
}

const isNormal = (name: string): boolean =>
  /^[\w .@+=,$-]+(?:\/[\w .@+=,$-]+)*$/.test(name) &&
  name.split('/').every((part) => part !== '.' && part !== '..' && part.trim() === part)

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0)

const bad = (clause: Clause, detail: string): Refusal => refuse('POLICY_ERROR', clause, detail)
