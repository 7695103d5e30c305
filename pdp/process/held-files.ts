import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { readFile } from 'node:fs/promises'
import { loadKeyDigests } from '../compose/key-digests.ts'
import { readSecret } from '../config/read-secret.ts'
import type { Config } from '../config/schema.ts'
import type { Operator } from '../admin/operators.ts'
import type { OwnSvids } from './own-svids.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Where certificates and keys of listeners are: secrets of the environment, and agents. */
export interface TlsPlaces {
  readonly environment: Environment
  readonly svids: OwnSvids
}

/** The certificate and key of listeners, checked to belong together. Undefined: listeners speak plain HTTP. */
export async function loadTls({ tls }: Config, places: TlsPlaces): Promise<SecureContextOptions | undefined> {
  if (tls === undefined || tls === 'off') return undefined
  // not `client_ca`: certificates of clients are judged after the handshake, and no list of authorities limits what is shown
  const options: SecureContextOptions = 'spiffe' in tls ? await ownSvid(tls.spiffe, places) : await keyPair(tls, places)
  try {
    createSecureContext(options)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'
    throw new Error(`tls: certificate and key cannot be used together (${code})`)
  }
  return options
}

interface Material {
  readonly cert: string
  readonly key: string
}

async function keyPair(tls: { cert: string; key: string }, { environment }: TlsPlaces): Promise<Material> {
  const [cert, key] = await Promise.all([readPem(tls.cert), readSecret(tls.key, environment)])
  return { cert, key }
}

async function ownSvid(from: string, { svids }: TlsPlaces): Promise<Material> {
  const { chain, privateKey } = await svids.of(from.slice('unix:'.length))
  return { cert: chain, key: privateKey }
}

async function readPem(reference: string): Promise<string> {
  const path = reference.slice('file:'.length)
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(
      `tls: ${path} cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'})`,
    )
  })
}

/** Who may operate over TCP. */
export const loadOperators = ({ admin }: Config): Promise<readonly Operator[]> =>
  Promise.all(
    Object.entries(admin.tokens).map(async ([name, { bearer, roles }]) => ({
      name,
      roles,
      digests: await loadKeyDigests(bearer, `admin.tokens.${name}.bearer`, `sallyport operator add ${name}`),
    })),
  )
