import { describe, expect, test } from 'vitest'
import type { RefusalCode } from '../../../pdp/core/codes.ts'
import type { JsonObject, JsonValue } from '../../../pdp/core/json.ts'
import { ok, type Refusal, type Result } from '../../../pdp/core/result.ts'
import { type AudienceRules, audienceClauses, checkAudience } from '../../../pdp/jose/check-audience.ts'
import { refusesOnly } from '../../support/twin.ts'

const us = 'https://orders.example'
const ours = [us, 'orders']
const evil = 'https://evil.example'

const check = (audiences: readonly string[], rules?: AudienceRules) => (claims: JsonObject) =>
  asResult(checkAudience(claims, audiences, rules))
const asResult = (refusal: Refusal | undefined): Result<'accepted'> => refusal ?? ok('accepted')

type Row = readonly [
  name: string,
  rules: AudienceRules,
  twin: JsonValue,
  defect: JsonValue,
  code: RefusalCode,
  clause: string,
]

const any: AudienceRules = {}
const single: AudienceRules = { single: true }
const refused = ['AUDIENCE_REFUSED', audienceClauses.aud] as const
const malformed = ['CREDENTIAL_MALFORMED', audienceClauses.form] as const
const list = (length: number) => [us, ...Array.from({ length: length - 1 }, (_, i) => `a${i}`)]

const rows: readonly Row[] = [
  ['another service', any, us, evil, ...refused],
  ['a trailing slash', any, us, `${us}/`, ...refused],
  ['upper case', any, us, us.toUpperCase(), ...refused],
  ['ours as a prefix', any, us, `${us}x`, ...refused],
  ['ours as a suffix', any, 'orders', 'x.orders', ...refused],
  ['ours with the default port', any, us, `${us}:443`, ...refused],
  ['ours inside a list in a string', any, us, `${us} ${evil}`, ...refused],
  ['a space before', any, us, ` ${us}`, ...refused],
  ['a list without us', any, [evil, us], [evil, `${us}/`], ...refused],
  [
    'a list with another, where one alone is allowed',
    single,
    [us],
    [us, evil],
    'AUDIENCE_REFUSED',
    audienceClauses.single,
  ],
  [
    'a list with us twice, where one alone is allowed',
    single,
    us,
    [us, us],
    'AUDIENCE_REFUSED',
    audienceClauses.single,
  ],
  ['an empty list', any, [us], [], ...refused],
  ['an empty string', any, us, '', ...malformed],
  ['null', any, us, null, ...malformed],
  ['a number', any, us, 1, ...malformed],
  ['an object', any, us, { aud: us }, ...malformed],
  ['a list with a number', any, [us, 'x'], [us, 1], ...malformed],
  ['a list with a list', any, [us], [[us]], ...malformed],
  ['a list that is too long', any, list(64), list(65), ...malformed],
]

describe('aud is refused', () => {
  test.for(rows)('%s', async ([, rules, twin, defect, code, clause]) => {
    await refusesOnly(check(ours, rules), { aud: twin }, { aud: defect }, { code, clause })
    const proof = check(ours, { ...rules, code: 'PROOF_INVALID' })
    await refusesOnly(proof, { aud: twin }, { aud: defect }, { code: 'PROOF_INVALID', clause })
  })

  test('absent', async () => {
    const expected = { code: 'AUDIENCE_REFUSED', clause: audienceClauses.aud } as const
    await refusesOnly(check(ours), { aud: us }, { audience: us }, expected)
  })

  test('where nothing is meant for us, not even by an empty name', async () => {
    const expected = { code: 'AUDIENCE_REFUSED', clause: audienceClauses.aud } as const
    const to = (audiences: readonly string[]) => check(audiences)({ aud: us })
    await refusesOnly(to, ours, [], expected)
  })
})

test('each of our audiences is as good as the other', () => {
  expect(ours.map((aud) => checkAudience({ aud }, ours))).toEqual([undefined, undefined])
})
