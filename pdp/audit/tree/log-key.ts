import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncFolder } from '../sync-folder.ts'
import { replaceFile } from '../replace-file.ts'
import { sha256 } from '../../core/digest.ts'
import { makeNoteSigner, type NoteSigner, type NoteVerifier, readNoteSigner, readNoteVerifier } from './note-key.ts'

/**
 * The keys of a log.
 *
 * - `signer`: signs checkpoints. `made`: it is new. `previous`: signed before it.
 * - `next`: is to follow it, and {@link adoptNextKey} makes it the one that signs.
 */
export interface LogKeys {
  readonly signer: NoteSigner
  readonly made: boolean
  readonly previous: readonly NoteVerifier[]
  readonly next?: NoteSigner
}

const instanceDigits = 16

/**
 * Reads the keys of a log from their file (0600), or makes the first: Ed25519, named for its log
 * `<host>/audit/<instance>`, where the instance is the beginning of the key's digest. The name is kept with the key, so
 * that a log keeps it on another host. Beside the key, `<path without .key>.vkey` holds what verifiers need: a line for
 * each key that ever signed, the newest last. Throws for a file that is no key.
 */
export function openLogKeys(path: string, host: string): LogKeys {
  const signer = readSigner(path)
  if (signer) {
    const next = readSigner(nextPath(path))
    const known = (readIfThere(verifierPath(path)) ?? '').split('\n').map((line) => readNoteVerifier(line))
    const previous = known.filter((key) => key !== undefined && key.vkey !== signer.vkey && key.vkey !== next?.vkey)
    return { signer, made: false, previous: previous.filter((key) => key !== undefined), ...(next && { next }) }
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const origin = host.replaceAll(/[^A-Za-z0-9.-]/g, '-')
  const made = makeNoteSigner((key) => `${origin}/audit/${sha256(key).slice(0, instanceDigits)}`)
  replaceFile(verifierPath(path), `${made.vkey}\n`, 0o644)
  replaceFile(path, `${made.skey}\n`, 0o600)
  return { signer: made, made: true, previous: [] }
}

/** Makes the key that the next start signs with, for the log of this one. Throws where there is none to follow, or one waits. */
export function makeNextKey(path: string): NoteSigner {
  const signer = readSigner(path)
  if (!signer) throw new Error(`${path} is not there: a log gets its first key when it is begun`)
  if (existsSync(nextPath(path))) throw new Error(`${nextPath(path)} is there already: the next start signs with it`)
  const next = makeNoteSigner(() => signer.name)
  replaceFile(nextPath(path), `${next.skey}\n`, 0o600)
  return next
}

/** Makes the key that waits the one that signs. The log must have told of it. Whatever fails can be done again. */
export function adoptNextKey(path: string, next: NoteSigner): void {
  const known = (readIfThere(verifierPath(path)) ?? '').split('\n').filter((line) => line !== '' && line !== next.vkey)
  replaceFile(verifierPath(path), [...known, next.vkey, ''].join('\n'), 0o644)
  renameSync(nextPath(path), path)
  syncFolder(dirname(path))
}

/** The file with the public halves of the keys in `path`. */
const verifierPath = (path: string): string => path.replace(/(?:\.key)?$/, '.vkey')

const nextPath = (path: string): string => `${path}.next`

function readSigner(path: string): NoteSigner | undefined {
  const text = readIfThere(path)
  if (text === undefined) return undefined
  const signer = readNoteSigner(text.trim())
  if (!signer) throw new Error(`${path} is no key of an audit log: bring back the key`)
  return signer
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
