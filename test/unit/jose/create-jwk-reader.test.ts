import { describe, expect, test } from 'vitest'
import { createJwkReader } from '../../../pdp/jose/create-jwk-reader.ts'
import { jwkClauses } from '../../../pdp/jose/read-jwk.ts'
import { publicJwkClauses } from '../../../pdp/jose/read-public-jwk.ts'
import { refusesOnly } from '../../support/twin.ts'
import { freshJwk } from './tokens.ts'

const { jwk } = freshJwk('P-256')

describe('a reader that remembers keys', () => {
  test('answers the same key for the same JWK, in any order of its members', () => {
    const read = createJwkReader()
    const first = read(jwk, 'PROOF_INVALID')
    expect(first).toMatchObject({ ok: true })
    expect(read({ ...jwk }, 'PROOF_INVALID')).toBe(first)
    expect(read(Object.fromEntries(Object.entries(jwk).reverse()), 'PROOF_INVALID')).toBe(first)
  })

  test.for([
    ['a private part', { d: 'AAAA' }, publicJwkClauses.private],
    ['another use', { use: 'enc' }, jwkClauses.use],
    ['another curve', { crv: 'P-384' }, publicJwkClauses.coordinate],
    ['another algorithm', { alg: 'ES384' }, jwkClauses.alg],
  ] as const)('refuses a known key with %s, each time', async ([, more, clause]) => {
    const read = createJwkReader()
    const check = (one: typeof jwk) => read(one, 'PROOF_INVALID')
    await refusesOnly(check, jwk, { ...jwk, ...more }, { code: 'PROOF_INVALID', clause })
    await refusesOnly(check, jwk, { ...jwk, ...more }, { code: 'PROOF_INVALID', clause })
  })

  test('keeps to what is expected, and to its bound', () => {
    const read = createJwkReader({ algorithms: ['ES256'] }, { keys: 4 })
    const keys = Array.from({ length: 10 }, () => freshJwk('P-256').jwk)
    const first = keys.map((one) => read(one, 'PROOF_INVALID'))
    const again = keys.map((one) => read(one, 'PROOF_INVALID'))
    expect(again).toEqual(first)
    expect(again.filter((key, i) => key === first[i]).length).toBeLessThan(5)
    expect(read(freshJwk('P-384').jwk, 'PROOF_INVALID')).toMatchObject({ ok: false, clause: jwkClauses.alg })
  })
})
