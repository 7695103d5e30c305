import type { Jwt } from '../core/jwt.ts'

/**
 * What a pure reading of a token answers, read once for as long as that token is remembered: the memory of verified
 * tokens answers the very same object again. Nothing that depends on time, keys, service or stores may be read so.
 */
export function rememberByJwt<T extends object>(read: (jwt: Jwt) => T): (jwt: Jwt) => T {
  const known = new WeakMap<Jwt, T>()
  return function remembered(jwt) {
    const before = known.get(jwt)
    if (before) return before
    const value = read(jwt)
    known.set(jwt, value)
    return value
  }
}
