import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { readSignerKey } from '../../policy/signature/read-signer-key.ts'
import { exitCodes } from '../exit-codes.ts'
import { printRow } from '../print-row.ts'
import type { Terminal } from '../terminal.ts'

const makers: ReadonlyMap<string, () => KeyPairKeyObjectResult> = new Map([
  ['ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ['ES384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
  ['Ed25519', () => generateKeyPairSync('ed25519')],
])

/** `algorithm`: ES256, ES384 or Ed25519. */
export interface KeygenFlags {
  readonly algorithm?: string
  readonly json?: boolean
}

/**
 * `keygen`: makes the pair of keys of a signer of bundles, NAME.key (PEM PKCS#8, mode 0600) and NAME.pub (PEM
 * SPKI). Never overwrites: where one of them is there, nothing is left behind. OPA takes what any of the three types
 * signs; it calls Ed25519 EdDSA.
 */
export async function keygenCommand(
  name: string,
  { algorithm = 'ES256', json }: KeygenFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const make = makers.get(algorithm)
  if (!make) {
    say(`\`${algorithm}\` is none of ${[...makers.keys()].join(', ')}`)
    return exitCodes.usage
  }
  const pair = make()
  const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const made = readSignerKey(publicKey)
  if (!made.ok) throw new Error(made.detail)
  const [key, pub] = [`${name}.key`, `${name}.pub`]
  const refusal = (await writeNew(key, privateKey, 0o600)) ?? (await writeNew(pub, publicKey, 0o644, key))
  if (refusal !== undefined) {
    say(refusal)
    return exitCodes.failed
  }
  printRow(out, json, { id: made.value.id, key, pub, algorithm }, made.value.id)
  say(`keep ${key} where bundles are signed; name the other in the configuration: signer: file:${pub}`)
  return exitCodes.ok
}

/** Why the file was not written, if so; `undo` is then removed. */
async function writeNew(path: string, text: string, mode: number, undo?: string): Promise<string | undefined> {
  try {
    await writeFile(path, text, { flag: 'wx', mode, flush: true })
    return undefined
  } catch (error) {
    if (undo !== undefined) await rm(undo)
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'
    return code === 'EEXIST'
      ? `${path}: is there already; choose another name, or move it away`
      : `${path}: cannot be written: ${code}`
  }
}
