import type { JwtCredential } from '../core/credential.ts'
import type { Jwt } from '../core/jwt.ts'

/**
 * What a pure reading of a token answers, read once for as long as that token is remembered: the memory of verified
 * tokens answers the very same object again. One that comes for the first time is another object, and is only read.
 * Nothing that depends on time, keys, service or stores may be read so; what else it reads must itself come of the token.
 */
export function rememberReading<T extends object, Rest extends readonly unknown[]>(
  read: (jwt: Jwt, ...rest: Rest) => T,
): (credential: JwtCredential, ...rest: Rest) => T {
  const known = new WeakMap<Jwt, T>()
  return function remembered({ jwt, goodUnder }, ...rest) {
    if (goodUnder === undefined) return read(jwt, ...rest)
    const before = known.get(jwt)
    if (before) return before
    const value = read(jwt, ...rest)
    known.set(jwt, value)
    return value
  }
}
