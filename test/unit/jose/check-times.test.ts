import { describe, expect, test } from 'vitest'
import type { RefusalCode } from '../../../pdp/core/codes.ts'
import type { JsonObject } from '../../../pdp/core/json.ts'
import { instant, seconds } from '../../../pdp/core/time.ts'
import { checkIssuedAt, checkTimes, type TimeRules, timeClauses } from '../../../pdp/jose/check-times.ts'
import { refusesOnly } from '../../support/twin.ts'

const now = instant(1_700_000_000_000)
const at = 1_700_000_000
const plain = { iat: at, nbf: at, exp: at + 300 }

type Row = readonly [
  name: string,
  rules: TimeRules,
  twin: JsonObject,
  defect: JsonObject,
  code: RefusalCode,
  clause: string,
]

const none: TimeRules = {}
const iat: TimeRules = { requireIat: true }
const nbf: TimeRules = { requireNbf: true }
const hour: TimeRules = { maxLifetime: seconds(3600) }
const malformed = ['CREDENTIAL_MALFORMED', timeClauses.form] as const
const expired = ['EXPIRED', timeClauses.exp] as const
const refused = 'CREDENTIAL_REFUSED'
const early = 'NOT_YET_VALID'

const dates: readonly Row[] = [
  ['exp absent', none, plain, { iat: at }, refused, timeClauses.exp],
  ['exp null', none, plain, { exp: null }, ...malformed],
  ['exp a string', none, plain, { exp: String(at + 300) }, ...malformed],
  ['exp in milliseconds', none, plain, { exp: (at + 300) * 1000 }, ...malformed],
  ['exp infinite, as 1e400 is parsed', none, plain, { exp: Number.POSITIVE_INFINITY }, ...malformed],
  ['exp not a number', none, plain, { exp: Number.NaN }, ...malformed],
  ['exp negative', none, plain, { exp: -at }, ...malformed],
  ['exp zero', none, plain, { exp: 0 }, ...malformed],
  ['exp a list', none, plain, { exp: [at + 300] }, ...malformed],
  ['exp 1e11', none, { exp: 1e11 - 1 }, { exp: 1e11 }, ...malformed],
  ['nbf a string', none, plain, { ...plain, nbf: String(at) }, ...malformed],
  ['nbf in milliseconds', none, plain, { ...plain, nbf: at * 1000 }, ...malformed],
  ['iat a boolean', none, plain, { ...plain, iat: true }, ...malformed],
  ['iat negative', none, plain, { ...plain, iat: -1 }, ...malformed],
  ['iat absent where required', iat, plain, { exp: at + 300 }, refused, timeClauses.iat],
  ['nbf absent where required', nbf, plain, { exp: at + 300 }, refused, timeClauses.nbf],
]

const windows: readonly Row[] = [
  ['exp and the skew have passed', none, { exp: at - 29 }, { exp: at - 30 }, ...expired],
  ['exp has passed, no skew', { skew: seconds(0) }, { exp: at + 1 }, { exp: at }, ...expired],
  ['exp has passed, by a fraction', { skew: seconds(0) }, { exp: at + 0.5 }, { exp: at - 0.5 }, ...expired],
  ['a skew of an hour counts as a minute', { skew: seconds(3600) }, { exp: at - 59 }, { exp: at - 60 }, ...expired],
  ['nbf in the future', none, { ...plain, nbf: at + 30 }, { ...plain, nbf: at + 31 }, early, timeClauses.nbf],
  ['iat in the future', none, { ...plain, iat: at + 30 }, { ...plain, iat: at + 31 }, early, timeClauses.iat],
]

const lifetimes: readonly Row[] = [
  ['exp equals iat', none, { iat: at - 1, exp: at }, { iat: at, exp: at }, refused, timeClauses.lifetime],
  ['exp before iat', none, { iat: at, exp: at + 1 }, { iat: at + 5, exp: at + 1 }, refused, timeClauses.lifetime],
  ['too long', hour, { iat: at, exp: at + 3600 }, { iat: at, exp: at + 3601 }, refused, timeClauses.lifetime],
  ['too long, no iat', hour, { exp: at + 3630 }, { exp: at + 3631 }, refused, timeClauses.lifetime],
]

describe.for(Object.entries({ dates, windows, lifetimes }))('times are refused: %s', ([, rows]) => {
  test.for(rows)('%s', async ([, rules, twin, defect, code, clause]) => {
    await refusesOnly((claims: JsonObject) => checkTimes(claims, now, rules), twin, defect, { code, clause })
  })

  test.for(rows)('%s, with the one code of a proof', async ([, rules, twin, defect, , clause]) => {
    const check = (claims: JsonObject) => checkTimes(claims, now, { ...rules, code: 'PROOF_INVALID' })
    await refusesOnly(check, twin, defect, { code: 'PROOF_INVALID', clause })
  })
})

test('the times come out as instants, absent ones stay absent', () => {
  expect(checkTimes({ iat: at, nbf: at - 600, exp: at + 300 }, now, { requireIat: true, requireNbf: true })).toEqual({
    ok: true,
    value: { issuedAt: at * 1000, notBefore: (at - 600) * 1000, expiresAt: (at + 300) * 1000 },
  })
  expect(checkTimes({ exp: at + 0.25 }, now)).toEqual({ ok: true, value: { expiresAt: at * 1000 + 250 } })
})

describe('the age of a proof', () => {
  const rules = { maxAge: seconds(60), skew: seconds(5) }

  test.for<[string, JsonObject, JsonObject, RefusalCode, string]>([
    ['iat absent', { iat: at }, {}, refused, timeClauses.iat],
    ['iat a string', { iat: at }, { iat: String(at) }, ...malformed],
    ['iat in milliseconds', { iat: at }, { iat: at * 1000 }, ...malformed],
    ['iat in the future', { iat: at + 5 }, { iat: at + 6 }, early, timeClauses.iat],
    ['too old', { iat: at - 65 }, { iat: at - 66 }, 'EXPIRED', timeClauses.age],
  ])('%s', async ([, twin, defect, code, clause]) => {
    await refusesOnly((claims: JsonObject) => checkIssuedAt(claims, now, rules), twin, defect, { code, clause })
    const proof = (claims: JsonObject) => checkIssuedAt(claims, now, { ...rules, code: 'PROOF_INVALID' })
    await refusesOnly(proof, twin, defect, { code: 'PROOF_INVALID', clause })
  })

  test('half a minute of skew unless told; the instant comes out', () => {
    const check = (iat: number) => checkIssuedAt({ iat }, now, { maxAge: seconds(60) })
    expect(check(at - 90)).toEqual({ ok: true, value: (at - 90) * 1000 })
    expect(check(at - 91)).toMatchObject({ ok: false, clause: timeClauses.age })
  })
})
