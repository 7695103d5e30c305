import { generateKeyPairSync } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { readSignerKey } from '../policy/signature/read-signer-key.ts'

/** The keys `keygenBundle` makes: ES256 and ES384 are what OPA can check too, Ed25519 is not documented by it. */
export type BundleKeyType = 'ES256' | 'ES384' | 'Ed25519'

/** A pair of keys for bundles. `id` is the thumbprint under which records name the signer. */
export interface BundleKeyFiles {
  readonly id: string
  /** Of the private key, PEM PKCS#8, mode 0600. */
  readonly key: string
  /** Of the public key, PEM SPKI: what `signer` of the configuration names. */
  readonly pub: string
}

/** Makes NAME.key and NAME.pub. Never overwrites: throws, and leaves nothing of its own, where one of them is there. */
export async function keygenBundle(name: string, type: BundleKeyType = 'ES256'): Promise<BundleKeyFiles> {
  const pair = createPair(type)
  const id = readSignerKey(pair.publicKey)
  if (!id.ok) throw new Error(id.detail)
  const key = `${name}.key`
  const pub = `${name}.pub`
  await writeNew(key, pair.privateKey, 0o600)
  try {
    await writeNew(pub, pair.publicKey, 0o644)
  } catch (error) {
    await rm(key)
    throw error
  }
  return { id: id.value.id, key, pub }
}

function createPair(type: BundleKeyType): { readonly publicKey: string; readonly privateKey: string } {
  const publicKeyEncoding = { type: 'spki', format: 'pem' } as const
  const privateKeyEncoding = { type: 'pkcs8', format: 'pem' } as const
  if (type === 'Ed25519') return generateKeyPairSync('ed25519', { publicKeyEncoding, privateKeyEncoding })
  const namedCurve = type === 'ES256' ? 'P-256' : 'P-384'
  return generateKeyPairSync('ec', { namedCurve, publicKeyEncoding, privateKeyEncoding })
}

async function writeNew(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode).catch((error: unknown) => {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    throw exists ? new Error(`\`${path}\` is there already; choose another name, or move it away`) : error
  })
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}
