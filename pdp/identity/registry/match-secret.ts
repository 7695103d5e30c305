import type { ClientKey, RegisteredKey } from '../../core/client.ts'
import type { PasswordHash, Passwords } from './password-hash.ts'
import { digestOfSecret, isDigestOf, type Peppers, type SecretOf } from './pepper.ts'
import type { PresentedSecret } from './read-client-secret.ts'

/**
 * - `passwords`: where secrets that people chose are taken too. `attempt`: takes one of the attempts that an account has
 *   from a source, and answers whether there was one; asked only before such work.
 */
export interface SecretMatching {
  readonly peppers: Peppers
  readonly passwords?: Passwords
  readonly attempt?: (account: string, source: string) => boolean
}

/** `attempts`: none is left from there. `busy`: there is no room for the work. */
export type SecretMatch = RegisteredKey | 'wrong' | 'attempts' | 'busy'

/** Finds the one of a client's credentials whose secret was presented. `source`: where from. */
export type MatchSecret = (
  presented: PresentedSecret,
  found: readonly RegisteredKey[],
  source: string,
) => Promise<SecretMatch>

const versions = 2 // of a secret, while it is replaced
const maximumRemembered = 10_000

/**
 * Makes the comparison of secrets. A wrong one costs as much for a client with one version as with two, or for none at all:
 * always two digests, and where people choose secrets always two slow hashes. A chosen one that was right is remembered, by
 * its digest, until the registry is read anew.
 */
export function createMatchSecret({ peppers, passwords, attempt = () => true }: SecretMatching): MatchSecret {
  const remembered = new Map<string, ClientKey>()
  const nameOf = (id: string, secret: string): string =>
    digestOfSecret(peppers[0], secretOf(id), secret).toString('base64')

  function matchQuickly({ clientId, secret }: PresentedSecret, serving: readonly RegisteredKey[]) {
    let right: RegisteredKey | undefined
    for (let i = 0; i < versions; i++) {
      const { material, id = clientId } = serving[i]?.key ?? {}
      const digest = material?.form === 'digest' ? material.digest : undefined
      if (isDigestOf(digest, peppers, secretOf(id), secret)) right = serving[i]
    }
    return right ?? serving.find(({ key }) => remembered.size > 0 && remembered.get(nameOf(key.id, secret)) === key)
  }

  async function matchSlowly(
    secret: string,
    hashed: readonly RegisteredKey[],
    { matches }: Passwords,
  ): Promise<SecretMatch> {
    for (let i = 0; i < versions; i++) {
      const registered = hashed[i]
      const equal = await matches(secret, registered && hashOf(registered))
      if (equal === undefined) return 'busy'
      if (!registered || !equal) continue
      if (remembered.size >= maximumRemembered) remembered.clear()
      remembered.set(nameOf(registered.key.id, secret), registered.key)
      return registered
    }
    return 'wrong'
  }

  return async function matchSecret(presented, found, source) {
    const serving = found.filter(({ key }) => key.status === 'active').slice(0, versions)
    const right = matchQuickly(presented, serving)
    if (right) return right
    if (!passwords) return 'wrong'
    if (!attempt(presented.clientId, source)) return 'attempts'
    return matchSlowly(
      presented.secret,
      serving.filter(({ key }) => key.material.form === 'scrypt'),
      passwords,
    )
  }
}

const secretOf = (id: string): SecretOf => ({ method: 'client-secret', id })

const hashOf = ({ key }: RegisteredKey): PasswordHash | undefined =>
  key.material.form === 'scrypt' ? key.material : undefined
