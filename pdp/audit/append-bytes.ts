import type { LogFile } from './log-file.ts'

/** `written`: the kernel has the bytes. `synced`: the device has them. */
export type Durability = 'written' | 'synced'

export interface Appender {
  /**
   * All of the bytes or none: resolves when they have their durability; rejects when they are not part of the file, or
   * will be cut from it before anything else is written. One call at a time.
   */
  append(bytes: Uint8Array): Promise<void>
  /** Brings all that was appended to the device, whatever the durability. */
  seal(): Promise<void>
  close(): Promise<void>
}

/** - `open`: opens the file anew. `file`: the file, open, with `size` bytes that are good. */
export interface AppenderOptions {
  readonly open: () => Promise<LogFile>
  readonly file: LogFile
  readonly size: number
  readonly durability: Durability
}

/** Appends to a file that may fail at any call, and goes on by itself when it no longer does. */
export function createAppender(options: AppenderOptions): Appender {
  const { open, durability } = options
  let { file, size: good } = options
  let state: 'sound' | 'torn' | 'unsynced' = 'sound'

  async function writeAll(bytes: Uint8Array) {
    for (let rest = bytes; rest.length > 0; ) {
      const written = await file.write(rest)
      if (!Number.isInteger(written) || written < 1 || written > rest.length) {
        throw new Error('the audit file took none of the bytes')
      }
      rest = rest.subarray(written)
    }
  }

  async function sync(durable = durability === 'synced') {
    if (!durable) return
    state = 'unsynced'
    await file.sync()
    state = 'sound'
  }

  /** Brings the file back to its good bytes. */
  async function repair() {
    if (state === 'unsynced') {
      // After a failed sync the kernel may hold the lost pages for clean: the same descriptor would then sync nothing
      // and say that it did.
      await file.close().catch(() => undefined)
      file = await open()
    }
    const size = await file.size()
    if (size < good) throw new Error('the audit file was cut by something else: stop it, then start anew')
    if (size > good) await file.truncate(good)
    await sync()
    state = 'sound'
  }

  return {
    async append(bytes) {
      if (state !== 'sound') await repair()
      try {
        state = 'torn'
        await writeAll(bytes)
        await sync()
        state = 'sound'
      } catch (error) {
        await repair().catch(() => undefined) // at once, so that a crash leaves no torn line; else before the next bytes
        throw error
      }
      good += bytes.length
    },
    async seal() {
      if (state !== 'sound') await repair()
      await sync(true)
    },
    close: () => file.close(),
  }
}
