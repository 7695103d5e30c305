import { describe, test } from 'vitest'
import { ok, type Refusal, type Result } from '../../../pdp/core/result.ts'
import { checkType, type TypeRules, typeClauses } from '../../../pdp/jose/check-type.ts'
import { refusesOnly } from '../../support/twin.ts'

const header = (typ: string | undefined) => ({ alg: 'ES256', members: {}, ...(typ !== undefined && { typ }) })
const asResult = (refusal: Refusal | undefined): Result<'accepted'> => refusal ?? ok('accepted')

describe('typ is refused', () => {
  test.for<[string, TypeRules, string | undefined, string | undefined]>([
    ['of another kind', {}, 'at+jwt', 'dpop+jwt'],
    ['of another kind, as a media type', {}, 'application/at+jwt', 'application/dpop+jwt'],
    ['of another kind, in other case', {}, 'AT+JWT', 'JWT'],
    ['absent', {}, 'at+jwt', undefined],
    ['empty', { optional: true }, undefined, ''],
    ['of another kind, where it may be absent', { optional: true }, undefined, 'JWT'],
    ['in another tree', {}, 'at+jwt', 'text/at+jwt'],
  ])('%s', async ([, rules, twin, defect]) => {
    const check = (typ: string | undefined) => asResult(checkType(header(typ), ['at+jwt'], rules))
    await refusesOnly(check, twin, defect, { code: 'CREDENTIAL_REFUSED', clause: typeClauses.typ })
    const proof = (typ: string | undefined) =>
      asResult(checkType(header(typ), ['at+jwt'], { ...rules, code: 'PROOF_INVALID' }))
    await refusesOnly(proof, twin, defect, { code: 'PROOF_INVALID', clause: typeClauses.typ })
  })
})
