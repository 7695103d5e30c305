import { hashFile } from '../../../pdp/policy/signature/hash-file.ts'
import { packFiles } from '../../../pdp/policy/pack-files.ts'
import { signJwt, type TestKey } from '../../support/keys.ts'
import { compileTestPolicy } from './test-policy.ts'

/** A bundle's files with a signature made by hand, so that every part of it can be wrong. Undefined: left out. */
export interface SignedParts {
  /** Files to add, replace or leave out before the signature is made. */
  readonly files?: Readonly<Record<string, Uint8Array | undefined>>
  /** Files to add, replace or leave out afterwards. */
  readonly later?: Readonly<Record<string, Uint8Array | undefined>>
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
  /** Changes the list of files. */
  readonly listed?: (files: readonly Listed[]) => readonly unknown[]
  /** Makes the content of `.signatures.json` of the JWS. */
  readonly wrap?: (token: string) => unknown
  readonly key?: TestKey
}

export interface Listed {
  readonly name: string
  readonly hash: string
  readonly algorithm: string
}

export const text = (value: string): Uint8Array => Buffer.from(value)
export const json = (value: unknown): Uint8Array => text(JSON.stringify(value))

export const manifest = { revision: 'r1', roots: ['t'], wasm: [{ entrypoint: 't/decision', module: '/policy.wasm' }] }

/** The files of a bundle that loads. */
export async function unsignedFiles(): Promise<Readonly<Record<string, Uint8Array>>> {
  const { wasm } = await compileTestPolicy({ rego: 'package t\n\ndecision := data.t.answer == input.context.answer\n' })
  return { '.manifest': json(manifest), 'data.json': json({ t: { answer: 42 } }), 'policy.wasm': wasm }
}

/** Packs `base` with the changes of `parts`, signed by `key` unless they name another. */
export function signedArchive(
  base: Readonly<Record<string, Uint8Array>>,
  key: TestKey,
  parts: SignedParts = {},
): Uint8Array {
  const files = { ...base, ...parts.files }
  const listed = Object.entries(files).flatMap(([name, bytes]) => (bytes ? [listFile(name, bytes)] : []))
  const claims = { files: parts.listed?.(listed) ?? listed, ...parts.claims }
  const token = signJwt(parts.key ?? key, { alg: 'ES256', ...parts.header }, claims)
  const signatures = parts.wrap ? parts.wrap(token) : { signatures: [token] }
  const all = { ...files, '.signatures.json': json(signatures), ...parts.later }
  return packFiles(
    Object.entries(all).flatMap(([name, bytes]): [string, Uint8Array][] => (bytes ? [[name, bytes]] : [])),
  )
}

function listFile(name: string, bytes: Uint8Array): Listed {
  const hash = hashFile(name, bytes, 'SHA-256')
  // a document that has no hash is signed with a hash that fits nothing
  return { name, hash: hash.ok ? hash.value : '', algorithm: 'SHA-256' }
}
