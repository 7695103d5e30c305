import { readFile } from 'node:fs/promises'
import type { Terminal } from '../terminal.ts'
import { inspectBundle, type InspectBundleFlags } from './bundle/inspect-bundle.ts'
import { inspectCredential, type InspectFlags } from './inspect.ts'

/** `inspect`: a bundle is known by its first bytes (gzip); everything else is a credential, and stdin always is. */
export async function inspectCommand(
  file: string | undefined,
  flags: InspectFlags & InspectBundleFlags,
  terminal: Terminal,
): Promise<number> {
  const bytes = file === undefined || file === '-' ? undefined : await readFile(file).catch(() => undefined)
  const isGzip = bytes?.[0] === 0x1f && bytes[1] === 0x8b
  return file !== undefined && bytes && isGzip
    ? inspectBundle(file, bytes, flags, terminal)
    : inspectCredential(file, flags, terminal)
}
