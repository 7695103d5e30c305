import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { type Clock, seconds, type Seconds } from '../core/time.ts'

/** What one request needs so that an authorization server knows who asks: a header, or parameters of the form. */
export type ClientAuthentication = () => {
  readonly authorization?: string
  readonly parameters?: Readonly<Record<string, string>>
}

/** `client_secret_basic` (RFC 6749 §2.3.1): each part is form-encoded before they are joined. */
export function createBasicAuthentication(clientId: string, secret: string): ClientAuthentication {
  const encode = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)
  const authorization = `Basic ${Buffer.from(`${encode(clientId)}:${encode(secret)}`).toString('base64')}`
  return () => ({ authorization })
}

/**
 * - `audience`: the issuer identifier of the server, its sole value (RFC 7523 as updated: never an endpoint).
 * - `key`: a private key in PEM: P-256, Ed25519 or RSA. `keyId`: its `kid`, where the server tells keys apart by it.
 * - `random`: from 0 to 1; makes ids of assertions unlike those of another instance.
 */
export interface KeyAuthenticationOptions {
  readonly clientId: string
  readonly audience: string
  readonly key: string
  readonly keyId?: string
  readonly clock: Clock
  readonly random: () => number
}

const lifetime: Seconds = seconds(60)
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** `private_key_jwt` (RFC 7523 §2.2): an assertion of its own for each request. Throws, for the operator, a key that cannot be used. */
export function createKeyAuthentication(options: KeyAuthenticationOptions): ClientAuthentication {
  const { clientId, audience, keyId, clock, random } = options
  const key = readKey(options.key)
  const instance = String(random()).slice(2)
  let made = 0
  return () => {
    const iat = Math.trunc(clock() / 1000)
    const input = [
      { alg: key.algorithm, typ: 'client-authentication+jwt', ...(keyId !== undefined && { kid: keyId }) },
      { iss: clientId, sub: clientId, aud: audience, iat, exp: iat + lifetime, jti: `${iat}-${instance}-${++made}` },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    const signature = sign(key.digest, Buffer.from(input), { key: key.key, dsaEncoding: 'ieee-p1363' })
    return {
      parameters: {
        client_id: clientId,
        client_assertion_type: assertionType,
        client_assertion: `${input}.${signature.toString('base64url')}`,
      },
    }
  }
}

interface SigningKey {
  readonly key: KeyObject
  readonly algorithm: 'ES256' | 'RS256' | 'EdDSA'
  readonly digest: 'sha256' | null
}

function readKey(pem: string): SigningKey {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch {
    throw new Error('is not a private key in PEM')
  }
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'ed25519') return { key, algorithm: 'EdDSA', digest: null }
  if (key.asymmetricKeyType === 'rsa' && modulusLength >= 2048) return { key, algorithm: 'RS256', digest: 'sha256' }
  if (key.asymmetricKeyType === 'ec' && namedCurve === 'prime256v1')
    return { key, algorithm: 'ES256', digest: 'sha256' }
  throw new Error('must be a P-256, Ed25519 or RSA key of 2048 bits or more')
}
