import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { constants, deflateRaw } from 'node:zlib'
import type { Clock, Instant } from '../../core/time.ts'
import { type Day, dayOf, eraseDayKeys, readOrMakeDayKey } from './day-keys.ts'
import { createFrameSealer } from './sealed-file.ts'

/** Where payloads and their keys are. */
export interface PayloadFolders {
  readonly payloads: string
  readonly keys: string
}

/** - `days`: how many, this one included, are kept. `lost`: told how many payloads could not be kept. Must not throw. */
export interface PayloadStoreOptions {
  readonly folders: PayloadFolders
  readonly days: number
  readonly clock: Clock
  readonly randomBytes: (length: number) => Uint8Array
  readonly lost: (payloads: number) => void
}

/** Keeps payloads, sealed. Nothing waits for them. */
export interface PayloadStore {
  /** Takes the line of a payload; it is written with others a moment later. What does not fit in memory is lost. */
  keep(line: string, at: Instant): void
  /** Writes what was taken, and ends. */
  close(): Promise<void>
}

const deflate = promisify(deflateRaw)
const flushMs = 100
const maximumHeld = 16 * 1024 * 1024 // characters
const maximumFileBytes = 64 * 1024 * 1024 // a reader takes a file whole
const eraseEveryMs = 600_000
/** Files sort as they were begun: day, milliseconds since the epoch, and chance. */
export const payloadFileName = /^(\d{4}-\d\d-\d\d)\.[0-9a-f]{12}-[0-9a-f]{8}\.payloads$/

interface OpenFile {
  readonly day: Day
  readonly handle: FileHandle
  readonly seal: (content: Uint8Array) => Buffer
  bytes: number
}

/**
 * Opens the store and erases what is older than it keeps. A payload is at most so long in memory alone, and then in the
 * kernel; it is not synced to the device, and no decision waits for it: what a crash takes of it, a replay misses.
 */
export function openPayloadStore(options: PayloadStoreOptions): PayloadStore {
  const { folders, days, clock, randomBytes, lost } = options
  let held: { readonly line: string; readonly day: Day }[] = []
  let characters = 0
  let file: OpenFile | undefined
  let writing: Promise<void> | undefined
  mkdirSync(folders.payloads, { recursive: true, mode: 0o700 })
  eraseOld()

  /** Keys first: without its key a payload is erased, also where its file is not. */
  function eraseOld(): void {
    eraseDayKeys(folders.keys, days, clock())
    for (const name of readdirSync(folders.payloads)) {
      const day = payloadFileName.exec(name)?.[1]
      if (day !== undefined && !existsSync(join(folders.keys, `${day}.key`)))
        rmSync(join(folders.payloads, name), { force: true })
    }
  }

  async function openFor(day: Day): Promise<OpenFile> {
    if (file?.day === day && file.bytes < maximumFileBytes) return file
    await closeFile()
    const { header, seal } = createFrameSealer(readOrMakeDayKey(folders.keys, day, randomBytes), randomBytes(32))
    const begun = clock().toString(16).padStart(12, '0')
    const name = `${day}.${begun}-${Buffer.from(randomBytes(4)).toString('hex')}.payloads`
    const handle = await open(join(folders.payloads, name), 'ax', 0o600)
    const opened: OpenFile = { day, handle, seal, bytes: header.length }
    file = opened
    await writeAll(handle, header)
    return opened
  }

  async function closeFile(): Promise<void> {
    const { handle } = file ?? {}
    file = undefined
    await handle?.close().catch(() => undefined)
  }

  async function flush(): Promise<void> {
    while (held.length > 0) {
      const [{ day } = { day: '' }] = held
      const other = held.findIndex((each) => each.day !== day)
      const batch = other === -1 ? held : held.slice(0, other)
      held = other === -1 ? [] : held.slice(other)
      const text = batch.map(({ line }) => `${line}\n`).join('')
      try {
        const content = await deflate(text, { level: constants.Z_BEST_SPEED })
        const open = await openFor(day)
        const frame = open.seal(content)
        await writeAll(open.handle, frame)
        open.bytes += frame.length
      } catch {
        await closeFile() // its end may be torn: the next frame begins another
        lost(batch.length)
      }
      for (const { line } of batch) characters -= line.length
    }
  }

  const start = () => {
    writing ??= flush().finally(() => {
      writing = undefined
    })
  }
  const flushing = setInterval(() => held.length > 0 && start(), flushMs)
  const erasing = setInterval(() => {
    try {
      eraseOld()
    } catch {
      // tried again later
    }
  }, eraseEveryMs)
  flushing.unref()
  erasing.unref()

  return {
    keep(line, at) {
      if (characters + line.length > maximumHeld) return lost(1)
      characters += line.length
      held.push({ line, day: dayOf(at) })
    },
    async close() {
      clearInterval(flushing)
      clearInterval(erasing)
      await writing
      await flush()
      await closeFile()
    },
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten
}
