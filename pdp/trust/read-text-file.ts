import { readFile, stat } from 'node:fs/promises'
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
  let bytes: Uint8Array
  try {
    const facts = await stat(path)
    // Not a pipe or a device: reading one may never end.
    if (!facts.isFile()) return unreadable('not a regular file')
    if (facts.size > maximum) return tooLarge(maximum)
    bytes = await readFile(path)
  } catch (error) {
    return unreadable(reasonOf(error))
  }
  if (bytes.length > maximum) return tooLarge(maximum)
  try {
    return ok(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    return refuse('TRUST_UNAVAILABLE', readTextFileClauses.encoding, 'file must be UTF-8 text')
  }
}

const unreadable = (reason: string) =>
  refuse('TRUST_UNAVAILABLE', readTextFileClauses.readable, `file cannot be read: ${reason}`)

const tooLarge = (maximum: number) =>
  refuse('TRUST_UNAVAILABLE', readTextFileClauses.size, `file must not be larger than ${maximum} bytes`)

/** The system's code such as `ENOENT`; its message would repeat the path. */
const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'an unknown fault'
