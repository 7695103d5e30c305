import { readFile, rename, writeFile } from 'node:fs/promises'
import { readKeyDigests } from '../config/read-key-digests.ts'
import { name as nameSchema } from '../config/sections/reference.ts'
import { sha256 } from '../core/digest.ts'
import { exitCodes } from './exit-codes.ts'
import { printRow } from './print-row.ts'
import type { Terminal } from './terminal.ts'

/** What a key is for: its prefix, which scanners of leaks can look for, and where its digest is named. */
export interface KeyPurpose {
  readonly prefix: string
  readonly setting: (name: string, file: string) => string
}

export const pepKey: KeyPurpose = {
  prefix: 'sp_pep_',
  setting: (name, file) => `peps: { ${name}: { bearer: file:${file} } }`,
}

export const operatorKey: KeyPurpose = {
  prefix: 'sp_admin_',
  setting: (name, file) => `admin: { tokens: { ${name}: { bearer: file:${file}, roles: [audit:read] } } }`,
}

/** The flags of commands that make a key. */
export interface AddKeyFlags {
  readonly out?: string
  readonly rotate?: boolean
  readonly json?: boolean
}

const keyBytes = 32
const keysAtOnce = 2

/**
 * Makes a key of 256 bits, tells it once, and writes its digest to a file of mode 0600. A file that is there is left
 * alone, but with `rotate`: then the new key serves beside the one it replaces.
 */
export async function addKey(
  name: string,
  { out: path = `${name}.key`, rotate = false, json }: AddKeyFlags,
  { prefix, setting }: KeyPurpose,
  { out, say, randomBytes }: Terminal,
): Promise<number> {
  if (!nameSchema.safeParse(name).success) {
    say(`\`${name}\` cannot be a name: use 1 to 63 of a-z, 0-9 and dash`)
    return exitCodes.usage
  }
  const key = `${prefix}${Buffer.from(randomBytes(keyBytes)).toString('base64url')}`
  const line = `sha256:${sha256(key)}\n`
  const refusal = rotate ? await append(path, line) : await create(path, line)
  if (refusal !== undefined) {
    say(`${path}: ${refusal}`)
    return exitCodes.failed
  }
  printRow(out, json, { key, file: path }, key)
  say(`this key is not shown again; ${path} holds its digest alone`)
  say(
    rotate
      ? `both keys serve after a reload; remove the first line of ${path} once nobody uses that key`
      : `name it in the configuration: ${setting(name, path)}`,
  )
  return exitCodes.ok
}

async function create(path: string, line: string): Promise<string | undefined> {
  return writeFile(path, line, { flag: 'wx', mode: 0o600, flush: true }).then(
    () => undefined,
    (error: unknown) =>
      codeOf(error) === 'EEXIST'
        ? 'is there already; --rotate adds a second key'
        : `cannot be written: ${codeOf(error)}`,
  )
}

async function append(path: string, line: string): Promise<string | undefined> {
  try {
    const text = await readFile(path, 'utf8')
    const read = readKeyDigests(text)
    if (!read.ok) return read.message
    if (read.digests.length >= keysAtOnce)
      return 'holds two keys already: remove the first line once nobody uses that key'
    // in place of the old one in one step, so that a reload never reads half a file
    await writeFile(`${path}.new`, `${text.trimEnd()}\n${line}`, { flag: 'wx', mode: 0o600, flush: true })
    await rename(`${path}.new`, path)
    return undefined
  } catch (error) {
    return `cannot be rotated: ${codeOf(error)}`
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'
