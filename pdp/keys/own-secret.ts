import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Brand } from '../core/brand.ts'

/** What every key of our own is derived from: at least 32 bytes. Never a key itself. */
export type OwnSecret = Brand<Uint8Array, 'OwnSecret'>

const secretBytes = 32
const madeForm = /^[A-Za-z0-9_-]{43}$/ // 32 bytes in base64url

/**
 * The secret that a fleet shares, from the text that the operator wrote. It is taken as it stands, without the white space
 * around it. Throws, for the operator, where it is too short to be one.
 */
export function readFleetSecret(text: string): OwnSecret {
  const secret = Buffer.from(text.trim(), 'utf8')
  if (secret.length < secretBytes) {
    throw new Error('fleet.secret is shorter than 32 characters: make one with `openssl rand -base64 32`')
  }
  return secret as Uint8Array as OwnSecret
}

/** A secret that ends with the process. */
export const makeSecret = (randomBytes: (length: number) => Uint8Array): OwnSecret =>
  randomBytes(secretBytes) as OwnSecret

/**
 * Reads the secret of this state folder from its file (0600), or makes it. Two processes that begin at once read the same
 * one: the file comes whole, under its name, and the first stays. Throws for a file that is no secret.
 */
export function readOrMakeSecret(path: string, randomBytes: (length: number) => Uint8Array): OwnSecret {
  return readOwnSecret(path) ?? make(path, randomBytes)
}

function make(path: string, randomBytes: (length: number) => Uint8Array): OwnSecret {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const staged = `${path}.${Buffer.from(randomBytes(8)).toString('hex')}`
  writeFileSync(staged, `${Buffer.from(randomBytes(secretBytes)).toString('base64url')}\n`, {
    mode: 0o600,
    flag: 'wx',
    flush: true,
  })
  try {
    linkSync(staged, path) // unlike a rename, it fails where another process was faster
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  } finally {
    unlinkSync(staged)
  }
  syncFolder(folder)
  const secret = readOwnSecret(path)
  if (!secret) throw new Error(`${path} was removed while it was made`)
  return secret
}

function syncFolder(folder: string): void {
  const open = openSync(folder, 'r')
  try {
    fsyncSync(open)
  } finally {
    closeSync(open)
  }
}

/** The secret in a file; undefined where there is none. Throws for a file that is no secret. */
export function readOwnSecret(path: string): OwnSecret | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  if (!madeForm.test(text)) throw new Error(`${path} is no secret: bring it back, or remove it to have a new one made`)
  return Buffer.from(text, 'base64url') as Uint8Array as OwnSecret
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)
