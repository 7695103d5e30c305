import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { sha256 } from '../../core/digest.ts'
import { makeNoteSigner, type NoteSigner, readNoteSigner } from './note-key.ts'

/** `made`: the key is new. */
export interface LogKey {
  readonly signer: NoteSigner
  readonly made: boolean
}

const instanceDigits = 16

/**
 * Reads the key of a log from its file (0600), or makes it: Ed25519, named for its log `<host>/audit/<instance>`, where
 * the instance is the beginning of the key's digest. The name is kept with the key, so that a log keeps it on another
 * host. Beside the key, `<path without .key>.vkey` holds what verifiers need. Throws for a file that is no key.
 */
export function readOrMakeLogKey(path: string, host: string): LogKey {
  const text = readIfThere(path)
  if (text !== undefined) {
    const signer = readNoteSigner(text.trim())
    if (!signer) throw new Error(`${path} is no key of an audit log: bring back the key`)
    return { signer, made: false }
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const origin = host.replaceAll(/[^A-Za-z0-9.-]/g, '-')
  const signer = makeNoteSigner((key) => `${origin}/audit/${sha256(key).slice(0, instanceDigits)}`)
  replaceFile(verifierPath(path), `${signer.vkey}\n`, 0o644)
  replaceFile(path, `${signer.skey}\n`, 0o600)
  return { signer, made: true }
}

/** The file with the public half of the key in `path`. */
const verifierPath = (path: string): string => path.replace(/(?:\.key)?$/, '.vkey')

function replaceFile(path: string, text: string, mode: number): void {
  const staged = `${path}.new`
  writeFileSync(staged, text, { mode, flush: true })
  chmodSync(staged, mode) // a file that a crash left has the mode it had
  renameSync(staged, path)
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
