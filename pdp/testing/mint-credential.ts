import { instant } from '../core/time.ts'
import { didYouMean } from '../core/did-you-mean.ts'
import { credentialMethods, type CredentialHeaders } from '../process/dev/credential-methods.ts'
import type { DevWorld } from '../process/dev/dev-world.ts'

/**
 * Who calls, and how it shows it. The words are those of `sallyport mint`.
 *
 * - `as`: `NAME`, `NAMESPACE/NAME` or a whole SPIFFE ID; with `api-key` one of `clients`.
 * - `method`: `bearer` (an access token of the issuer, by default), `jwt-svid`, `access-token`, `oidc`, `dpop` (a token bound
 *   to a key, and a proof), `api-key`, or `none`.
 * - `request`: what a proof is for: `GET https://orders.example.org/v1/orders/42`; by default `GET` of the origin.
 * - `facts`: of the caller, in the place of those that its name says. `claims`: further claims of the token, or others in the
 *   place of its own: `{ exp: 1 }` has expired, `{ aud: 'https://elsewhere.example.org' }` is for somebody else.
 * - `nonce`: that the service gave out for proofs.
 */
export interface MintRequest {
  readonly as: string
  readonly method?: 'bearer' | 'jwt-svid' | 'access-token' | 'oidc' | 'dpop' | 'api-key' | 'none'
  readonly request?: string
  readonly facts?: Readonly<Record<string, string>>
  readonly claims?: Readonly<Record<string, unknown>>
  readonly nonce?: string
}

/** `keys`: API keys by client. */
export interface MintParts {
  readonly world: DevWorld
  readonly origin: string
  readonly keys: ReadonlyMap<string, string>
}

/** Makes the headers of a request by which its caller is known. Throws, for the author of the test, what cannot be. */
export function mintCredential(
  { world, origin, keys }: MintParts,
  { as, method = 'bearer', request = `GET ${origin}/`, facts = {}, claims = {}, nonce }: MintRequest,
  now: number,
): CredentialHeaders {
  if (method === 'api-key') {
    const key = keys.get(as)
    if (key !== undefined) return { 'x-api-key': key }
    throw new Error(`mint: \`${as}\` has no API key: name it in \`clients\` of startTestPdp`)
  }
  const [verb = '', url = '', more] = request.split(' ')
  if (!URL.canParse(url) || more !== undefined)
    throw new Error(`mint: request is not like "GET ${origin}/v1/orders/42"`)
  const make = credentialMethods[method]
  if (!make) {
    const known = [...Object.keys(credentialMethods), 'api-key']
    const meant = didYouMean(method, known)
    throw new Error(`mint: method must be one of ${known.join(', ')}${meant ? `; did you mean ${meant}?` : ''}`)
  }
  return make(world, {
    audience: origin,
    as,
    facts,
    claims,
    target: { method: verb, url },
    now: instant(now),
    ...(nonce !== undefined && { nonce }),
  })
}
