import { readFile } from 'node:fs/promises'
import { readKeyDigests } from '../config/read-key-digests.ts'
import type { Digest } from '../core/digest.ts'

/** The digests behind a `file:` reference. Throws, for the operator, what is wrong and the command that makes such a file. */
export async function loadKeyDigests(reference: string, at: string, command: string): Promise<readonly Digest[]> {
  const path = reference.slice('file:'.length)
  const read = await readFile(path, 'utf8').then(readKeyDigests, (error: unknown) => ({
    ok: false as const,
    message: `cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'})`,
  }))
  if (!read.ok) throw new Error(`${at}: ${path} ${read.message}; make it with: ${command}`)
  return read.digests
}
