import type { ClientMethod } from '../../core/client.ts'
import { type Instant, toRfc3339 } from '../../core/time.ts'
import { apiKeyBytes, newKeyId, newKeySecret, writeApiKey } from './api-key-text.ts'
import { hashPassword, passwordBytes, passwordCost } from './password-hash.ts'
import { digestOfSecret, type Peppers } from './pepper.ts'
import type { WrittenKey } from './read-entries.ts'
import { sealNonceBytes, sealSecret } from './sealed-secret.ts'

/**
 * What a new credential is made of.
 *
 * - `publicKey`: in PEM, of methods that sign with the other half. `name`, `timeUnit`: of key-pair-jwt.
 * - `chosen`: the secret, where a person chose it.
 * - `beginning`: of API keys.
 */
export interface KeyOrder {
  readonly method: ClientMethod
  readonly client: string
  readonly createdAt: Instant
  readonly expiresAt?: Instant
  readonly publicKey?: string
  readonly name?: string
  readonly timeUnit?: 's' | 'ms'
  readonly chosen?: string
  readonly beginning?: { readonly prefix: string; readonly environment: string }
}

export interface KeyMaking {
  readonly peppers: Peppers
  readonly seals: Peppers
  readonly randomBytes: (length: number) => Uint8Array
}

/** What is kept, and what its client is given; nothing where the client has its half already. */
export interface MadeKey {
  readonly written: WrittenKey
  readonly given?: string
}

/** Makes a credential. Throws for an order that lacks what its method needs. */
export async function makeKey(order: KeyOrder, making: KeyMaking): Promise<MadeKey> {
  const { method, createdAt, expiresAt } = order
  const common = {
    method,
    id: newKeyId(making.randomBytes(apiKeyBytes.id)),
    status: 'active' as const,
    created_at: toRfc3339(createdAt),
    ...(expiresAt !== undefined && { expires_at: toRfc3339(expiresAt) }),
  }
  return makers[method](common, order, making)
}

type Maker = (common: WrittenKey, order: KeyOrder, making: KeyMaking) => MadeKey | Promise<MadeKey>

const digestForm = (digest: Buffer): string => `hmac-sha256:${digest.toString('hex')}`

const makers: Readonly<Record<ClientMethod, Maker>> = {
  'api-key'(common, { beginning }, { peppers: [pepper], randomBytes }) {
    if (!beginning) throw new Error('the configuration does not say how API keys begin: registry.methods.api-key')
    const secret = newKeySecret(randomBytes(apiKeyBytes.secret))
    const digest = digestForm(digestOfSecret(pepper, { method: 'api-key', id: common.id }, secret))
    return { written: { ...common, digest }, given: writeApiKey({ ...beginning, id: common.id, secret }) }
  },
  async 'client-secret'(common, { chosen }, { peppers: [pepper], randomBytes }) {
    if (chosen === undefined) {
      const secret = newKeySecret(randomBytes(apiKeyBytes.secret))
      const digest = digestForm(digestOfSecret(pepper, { method: 'client-secret', id: common.id }, secret))
      return { written: { ...common, digest }, given: secret }
    }
    const salt = Buffer.from(randomBytes(passwordBytes.salt))
    const hash = await hashPassword(chosen, { ...passwordCost, salt })
    const { cost, blockSize, parallelization } = passwordCost
    const numbers = [Math.log2(cost), blockSize, parallelization]
    const digest = ['scrypt', ...numbers, salt.toString('base64url'), hash.toString('base64url')].join(':')
    return { written: { ...common, digest } }
  },
  'hmac-token'(common, _, { seals: [seal], randomBytes }) {
    const secret = Buffer.from(randomBytes(32))
    const sealed = sealSecret(seal, { method: 'hmac-token', id: common.id }, secret, randomBytes(sealNonceBytes))
    return { written: { ...common, sealed }, given: `${common.id} ${secret.toString('base64url')}` }
  },
  'aws-sigv4'(common, _, { seals: [seal], randomBytes }) {
    const id = `SP${common.id.toUpperCase()}` // access key ids are upper-case
    const secret = newKeySecret(randomBytes(apiKeyBytes.secret))
    const of = { method: 'aws-sigv4', id } as const
    const sealed = sealSecret(seal, of, Buffer.from(secret, 'utf8'), randomBytes(sealNonceBytes))
    return { written: { ...common, id, sealed }, given: `${id} ${secret}` }
  },
  'key-pair-jwt'(common, { publicKey, name, timeUnit = 's' }) {
    if (publicKey === undefined || name === undefined)
      throw new Error('key-pair-jwt needs --public-key FILE and --name ACCOUNT.USER')
    return { written: { ...common, name, time_unit: timeUnit, public_key: publicKey } }
  },
  'private-key-jwt'(common, { publicKey }) {
    if (publicKey === undefined) throw new Error('private-key-jwt needs --public-key FILE')
    return { written: { ...common, public_key: publicKey } }
  },
}
