import type { Fetch } from './post.ts'

type Subtle = typeof crypto.subtle
/** A pair of keys of the runtime's Web Crypto. */
export type DpopKey = Extract<Awaited<ReturnType<Subtle['generateKey']>>, { readonly privateKey: unknown }>

/**
 * - `key`: whose possession is proved: ES256, and the token is bound to it. Made by {@link createDpopKey}.
 * - `token`: the access token, or how to get the present one.
 * - `fetch`: the runtime's by default.
 */
export interface DpopFetchOptions {
  readonly key: DpopKey
  readonly token: string | (() => string | Promise<string>)
  readonly fetch?: Fetch
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const

/** A key for proofs, which cannot leave this process. */
export const createDpopKey = (): Promise<DpopKey> => crypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])

/** The thumbprint of its public key (RFC 7638), as `cnf.jkt` of a token that is bound to it. */
export const dpopThumbprint = async (key: DpopKey): Promise<string> =>
  base64url(await sha256(JSON.stringify(await publicJwkOf(key))))

/** The members of the public key that count, in the order that its thumbprint takes them. */
async function publicJwkOf({ publicKey }: DpopKey) {
  const { crv, kty, x, y } = await crypto.subtle.exportKey('jwk', publicKey)
  return { crv, kty, x, y }
}

/**
 * A `fetch` that proves with each request possession of the key that its token is bound to (RFC 9449), and takes up the
 * nonces that servers hand out: where one is asked for, the request is sent once more, unless its body is a stream. Redirects
 * are answered, not followed: a proof holds for one address.
 */
export function createDpopFetch({
  key,
  token,
  fetch = (url, init) => globalThis.fetch(url, init),
}: DpopFetchOptions): (address: string, init?: RequestInit) => Promise<Response> {
  const nonces = new Map<string, string>()
  let publicJwk: ReturnType<typeof publicJwkOf> | undefined

  async function proofFor(method: string, url: URL, accessToken: string): Promise<string> {
    publicJwk ??= publicJwkOf(key)
    const jwk = await publicJwk
    const nonce = nonces.get(url.origin)
    const claims = {
      jti: crypto.randomUUID(),
      htm: method,
      htu: `${url.origin}${url.pathname}`, // RFC 9449 §4.2: without query and fragment
      iat: Math.floor(Date.now() / 1_000),
      ath: base64url(await sha256(accessToken)),
      ...(nonce !== undefined && { nonce }),
    }
    const signed = `${encode({ typ: 'dpop+jwt', alg: 'ES256', jwk })}.${encode(claims)}`
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key.privateKey, utf8(signed))
    return `${signed}.${base64url(new Uint8Array(signature))}`
  }

  async function send(address: string, init: RequestInit): Promise<Response> {
    const url = new URL(address)
    const accessToken = typeof token === 'string' ? token : await token()
    const headers = new Headers(init.headers)
    headers.set('authorization', `DPoP ${accessToken}`)
    headers.set('dpop', await proofFor((init.method ?? 'GET').toUpperCase(), url, accessToken))
    const response = await fetch(address, { redirect: 'manual', ...init, headers })
    const nonce = response.headers.get('dpop-nonce')
    if (nonce !== null) nonces.set(url.origin, nonce)
    return response
  }

  return async (address, init = {}) => {
    const before = nonces.get(new URL(address).origin)
    const response = await send(address, init)
    const asksForNonce =
      response.status === 401 && /\buse_dpop_nonce\b/.test(response.headers.get('www-authenticate') ?? '')
    const given = response.headers.get('dpop-nonce')
    if (!asksForNonce || given === null || given === before || init.body instanceof ReadableStream) return response
    await response.body?.cancel()
    return send(address, init)
  }
}

const utf8 = (text: string) => new TextEncoder().encode(text)
const sha256 = async (text: string) => new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(text)))
const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
const encode = (value: object): string => base64url(utf8(JSON.stringify(value)))
