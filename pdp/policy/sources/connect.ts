import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { clauses } from '../../core/clause.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Seconds } from '../../core/time.ts'
import { createFetch, type Fetch } from '../../net/fetch.ts'
import type { ServerSettings } from './server-settings.ts'

export const connectClauses = clauses({
  file: 'bundle-source-file',
  certificate: 'bundle-source-certificate',
  secret: 'bundle-source-secret',
})

/** A client for one request, and what the server is shown with it. */
export interface Connection {
  readonly fetch: Fetch
  /** The value of `Authorization`; absent: none. */
  readonly authorization?: string
}

/**
 * Makes the client of one request out of the files as they are now, so that what is renewed on the disk is used from then
 * on. `origins` are those that were configured: they may be at private addresses.
 */
export async function connect(
  { ca, certificate, bearer, maximumBytes }: ServerSettings,
  origins: readonly string[],
  timeout: Seconds,
): Promise<Result<Connection>> {
  const authorities = ca === undefined ? ok(undefined) : await readText(ca)
  if (!authorities.ok) return authorities
  const shown = certificate === undefined ? ok(undefined) : await readPair(certificate)
  if (!shown.ok) return shown
  const token = bearer === undefined ? ok(undefined) : await readSecret(bearer)
  if (!token.ok) return token
  const fetch = createFetch({
    privateOrigins: origins,
    timeout,
    maximumBytes,
    ...(authorities.value !== undefined && { ca: authorities.value }),
    ...(shown.value && { certificate: shown.value }),
  })
  return ok({ fetch, ...(token.value !== undefined && { authorization: `Bearer ${token.value}` }) })
}

/** A secret in a file, without the line end that editors leave: visible characters alone, as it stands in a header. */
export async function readSecret(path: string): Promise<Result<string>> {
  const text = await readText(path)
  if (!text.ok) return text
  const secret = text.value.replace(/\r?\n$/, '')
  return /^[\x21-\x7e]{1,8192}$/.test(secret)
    ? ok(secret)
    : refuse('POLICY_UNAVAILABLE', connectClauses.secret, `${path} must hold one line of visible characters`)
}

async function readPair({ cert, key }: { readonly cert: string; readonly key: string }) {
  const [shown, secret] = [await readText(cert), await readText(key)]
  if (!shown.ok) return shown
  if (!secret.ok) return secret
  try {
    if (new X509Certificate(shown.value).checkPrivateKey(createPrivateKey(secret.value)))
      return ok({ cert: shown.value, key: secret.value })
  } catch {
    // said below
  }
  return refuse('POLICY_UNAVAILABLE', connectClauses.certificate, `${cert} and ${key} are no certificate and its key`)
}

async function readText(path: string): Promise<Result<string>> {
  try {
    return ok(await readFile(path, 'utf8'))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'
    return refuse('POLICY_UNAVAILABLE', connectClauses.file, `${path} cannot be read (${code})`)
  }
}
