import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Sink } from '../../seams.ts'
import { checkpointLine, linesOf } from './encode-batch.ts'
import type { SettingsOf } from './sink-settings.ts'

/**
 * Lines in a file, which is moved to `<path>.1` and so on once it is long enough. A batch counts when it is on the device;
 * each ends with the checkpoint that covers it. Of a line that a crash left without its end nothing is kept.
 */
export function createFileSink({ path, format, rotate_bytes, keep }: SettingsOf<'file'>): Sink {
  let file: { readonly handle: FileHandle; size: number } | undefined

  async function opened() {
    if (file) return file
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const handle = await open(path, 'a+', 0o600)
    try {
      const size = await wholeLines(handle)
      await handle.truncate(size)
      file = { handle, size }
      return file
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  async function closeFile(): Promise<void> {
    const { handle } = file ?? {}
    file = undefined
    await handle?.close()
  }

  async function rotate(): Promise<void> {
    await closeFile()
    await rm(`${path}.${keep}`, { force: true })
    for (let n = keep - 1; n >= 1; n--) await rename(`${path}.${n}`, `${path}.${n + 1}`).catch(ifThere)
    await rename(path, `${path}.1`)
  }

  return {
    async deliver(batch, signal) {
      signal.throwIfAborted()
      const bytes = Buffer.from([...linesOf(batch, format), checkpointLine(batch), ''].join('\n'))
      try {
        if ((await opened()).size >= rotate_bytes) await rotate()
        const current = await opened()
        for (let at = 0; at < bytes.length; ) at += (await current.handle.write(bytes, at)).bytesWritten
        await current.handle.datasync()
        current.size += bytes.length
      } catch (error) {
        await closeFile().catch(() => undefined) // opened anew, without what was begun
        throw error
      }
    },
    close: closeFile,
  }
}

const windowBytes = 256 * 1024

/** The length of a file up to its last line end. */
async function wholeLines(handle: FileHandle): Promise<number> {
  for (let to = (await handle.stat()).size; to > 0; ) {
    const from = Math.max(0, to - windowBytes)
    const { buffer } = await handle.read(Buffer.alloc(to - from), 0, to - from, from)
    const end = buffer.lastIndexOf(0x0a)
    if (end !== -1) return from + end + 1
    to = from
  }
  return 0
}

function ifThere(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
}
