import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { RevocationChange } from './change.ts'
import { type JournalEntry, journalLine, readJournalLine } from './journal-line.ts'

/**
 * The changes of one instance on its disk.
 *
 * - `entries`: what was read when it was opened.
 * - `damaged`: files beside it that hold what was found damaged, until an operator removes them.
 */
export interface Journal {
  readonly entries: readonly JournalEntry[]
  readonly damaged: readonly string[]
  /** Lines since the last rewrite. */
  lines(): number
  /** On the device when it resolves. Rejects with the error of the system; then nothing was added. One call at a time. */
  append(changes: readonly RevocationChange[], epoch: number): Promise<void>
  /** Puts these changes in the place of all there are: by rename, so that a crash leaves the one or the other. */
  rewrite(changes: readonly RevocationChange[], epoch: number): Promise<void>
  close(): Promise<void>
}

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = constants
const mode = 0o600

/**
 * Opens the journal, or makes it (0600, in a folder of 0700). A last line without its end was never acknowledged and is
 * cut. Any other line that is not as it was written is damage: the file is kept aside as it is, and what can be read goes on.
 */
export async function openJournal(path: string): Promise<Journal> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const read = readEntries(await readIfThere(path))
  if (read.damaged) {
    const name = `${path}.damaged-${createHash('sha256').update(read.bytes).digest('hex').slice(0, 8)}`
    await writeFile(name, read.bytes, { mode, flush: true })
  }
  let file: FileHandle
  let good = read.size
  let lines = read.entries.length
  let sound = true
  if (read.damaged) await replace(read.entries)
  else file = await openFile(path)
  if (!read.damaged) await cut()

  async function replace(entries: readonly JournalEntry[]): Promise<void> {
    const text = entries.map((entry, n) => journalLine(n, entry)).join('')
    const made = `${path}.new`
    await writeFile(made, text, { mode, flush: true })
    await rename(made, path)
    await syncFolder(dirname(path))
    const before = file
    file = await openFile(path)
    good = Buffer.byteLength(text)
    lines = entries.length
    sound = true
    await before?.close().catch(() => undefined)
  }

  /** Brings the file back to its good bytes, over a new descriptor: an old one may hold lost pages for written. */
  async function cut(): Promise<void> {
    await file.close().catch(() => undefined)
    file = await openFile(path)
    await file.truncate(good)
    await file.sync()
    sound = true
  }

  const damaged = (await readdir(dirname(path))).filter((name) => name.startsWith(`${basename(path)}.damaged-`))
  return {
    entries: read.entries,
    damaged: damaged.map((name) => join(dirname(path), name)),
    lines: () => lines,
    async append(changes, epoch) {
      if (!sound) await cut()
      const bytes = Buffer.from(changes.map((change, i) => journalLine(lines + i, { epoch, change })).join(''))
      try {
        sound = false
        await file.writeFile(bytes)
        await file.datasync()
        sound = true
      } catch (error) {
        await cut().catch(() => undefined) // else before the next bytes
        throw error
      }
      good += bytes.length
      lines += changes.length
    },
    rewrite: (changes, epoch) => replace(changes.map((change) => ({ change, epoch }))),
    close: () => file.close(),
  }
}

interface ReadFile {
  readonly bytes: Buffer
  readonly entries: readonly JournalEntry[]
  /** Bytes up to the end of the last whole line. */
  readonly size: number
  readonly damaged: boolean
}

function readEntries(bytes: Buffer): ReadFile {
  const size = bytes.lastIndexOf(0x0a) + 1
  const lines = bytes.toString('utf8', 0, size).split('\n').slice(0, -1)
  const read = lines.map((line) => readJournalLine(numberOf(line), line))
  const entries = read.filter((entry) => entry !== undefined)
  const inOrder = lines.every((line, n) => numberOf(line) === n)
  // an altered line end looks like a torn line, and what stands before it was acknowledged
  const tail = bytes.toString('utf8', size)
  const last = readJournalLine(lines.length, tail) ?? readJournalLine(lines.length, tail.slice(0, -1))
  const damaged = entries.length < lines.length || !inOrder || last !== undefined
  return { bytes, entries: last ? [...entries, last] : entries, size, damaged }
}

/** What number a line says it has: after damage, the lines that follow are read all the same. */
const numberOf = (line: string): number => Number(/^[0-9a-f]{32} ([0-9]+) /.exec(line)?.[1] ?? -1)

const readIfThere = (path: string): Promise<Buffer> =>
  readFile(path, { flag: constants.O_RDONLY | O_NOFOLLOW }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0)
    throw error
  })

async function openFile(path: string): Promise<FileHandle> {
  const file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, mode) // a link may lead elsewhere
  await syncFolder(dirname(path))
  return file
}

/** A new file is found again after a power loss only once its folder is on the device. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
