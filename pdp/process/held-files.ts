import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { readFile } from 'node:fs/promises'
import { loadKeyDigests } from '../compose/key-digests.ts'
import { readSecret } from '../config/read-secret.ts'
import type { Config } from '../config/schema.ts'
import type { Operator } from '../admin/operators.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The certificate and key of listeners, checked to belong together. Undefined: listeners speak plain HTTP. */
export async function loadTls({ tls }: Config, environment: Environment): Promise<SecureContextOptions | undefined> {
  if (tls === undefined || tls === 'off') return undefined
  const [cert, key, ca] = await Promise.all([
    readPem(tls.cert),
    readSecret(tls.key, environment),
    tls.client_ca === undefined ? undefined : readPem(tls.client_ca),
  ])
  const options: SecureContextOptions = { cert, key, ...(ca !== undefined && { ca }) }
  try {
    createSecureContext(options)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'
    throw new Error(`tls: certificate and key cannot be used together (${code})`)
  }
  return options
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
