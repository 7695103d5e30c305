import { expect, test } from 'vitest'
import type { JsonObject } from '../../../pdp/core/json.ts'
import { readJwk } from '../../../pdp/jose/read-jwk.ts'
import { readJwt } from '../../../pdp/jose/read-jwt.ts'
import { verifyJws } from '../../../pdp/jose/verify-jws.ts'
import { unnoticedPlants } from '../../support/compare-verdicts.ts'
import vectors from '../../vectors/jose/jwt.json' with { type: 'json' }

const keys: Readonly<Record<string, JsonObject>> = vectors.keys

/** `accept`, or the clause of the refusal. */
function judge(token: string, key: string): string {
  const jwk = readJwk(keys[key] ?? {}, 'KEY_UNKNOWN')
  if (!jwk.ok) return jwk.clause
  const jwt = readJwt(token, 'CREDENTIAL_MALFORMED')
  if (!jwt.ok) return jwt.clause
  const good = verifyJws(jwt.value, jwk.value)
  return good.ok ? 'accept' : good.clause
}

test.for(vectors.cases)('$name: $expect', ({ token, key, expect: expected }) => {
  expect(judge(token, key)).toBe(expected)
})

test('the runner finds a planted fault', () => {
  const cases = vectors.cases.map((one) => ({ ...one, id: one.name, accept: one.expect === 'accept' }))
  expect(cases.length).toBeGreaterThan(50)
  expect(unnoticedPlants(cases, ({ token, key }) => judge(token, key) === 'accept')).toEqual([])
})
