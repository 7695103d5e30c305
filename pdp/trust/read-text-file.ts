import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'

export const readTextFileClauses = clauses({
  readable: 'trust-file-readable',
  size: 'trust-file-size',
  encoding: 'trust-file-utf8',
})

/**
 * Reads a regular file of UTF-8 text, at most `maximum` bytes. A byte order mark is kept, so that the reader of the text
 * refuses it. Errors: TRUST_UNAVAILABLE. Never throws.
 */
export async function readTextFile(path: string, maximum: number): Promise<Result<string>> {
  let handle: FileHandle | undefined
  let bytes: Uint8Array
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK) // opening a pipe would wait for its writer
    if (!(await handle.stat()).isFile()) return unreadable('not a regular file')
    bytes = await readUpTo(handle, maximum + 1)
  } catch (error) {
    return unreadable(reasonOf(error))
  } finally {
    await handle?.close()
  }
  if (bytes.length > maximum) {
    return refuse('TRUST_UNAVAILABLE', readTextFileClauses.size, `file must not be larger than ${maximum} bytes`)
  }
  try {
    return ok(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    return refuse('TRUST_UNAVAILABLE', readTextFileClauses.encoding, 'file must be UTF-8 text')
  }
}

/** Reads that many bytes, or fewer where the file ends before; the size it claims does not count. */
async function readUpTo(handle: FileHandle, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count)
  let length = 0
  for (;;) {
    const { bytesRead } = await handle.read(bytes, length, count - length)
    length += bytesRead
    if (bytesRead === 0) return bytes.subarray(0, length)
  }
}

const unreadable = (reason: string) =>
  refuse('TRUST_UNAVAILABLE', readTextFileClauses.readable, `file cannot be read: ${reason}`)

/** The system's code such as `ENOENT`; its message would repeat the path. */
const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'an unknown fault'
