import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant } from '../../../pdp/core/time.ts'
import { changeClauses, changeJson, readChange, type RevocationChange } from '../../../pdp/revocation/change.ts'
import { readLift, readRevoke, requestClauses } from '../../../pdp/revocation/read-request.ts'
import { readTarget, targetClauses } from '../../../pdp/revocation/read-target.ts'
import { noon } from '../../support/clock.ts'
import { liftOf, revokeOf, tokenOf } from '../../support/revocation-changes.ts'

const text = fc
  .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
  .filter((s) => s.isWellFormed() && !s.endsWith('/'))
const time = fc.integer({ min: 0, max: 4_000_000_000_000 }).map(instant)
const subject = fc.record({ by: fc.constant('subject' as const), issuer: text, id: text })
const target = fc.oneof(
  subject,
  fc.record({ by: fc.constant('subject-prefix' as const), issuer: text, prefix: text }),
  fc.record({ by: fc.constant('serial' as const), issuer: text, id: text }),
  fc.record({ by: fc.constant('trust-domain' as const), id: text }),
  fc.record({ by: fc.constant('fact' as const), name: text, id: text }),
)
const facts = { id: text, at: time, by: text, reason: text }
const change: fc.Arbitrary<RevocationChange> = fc.oneof(
  fc.record({ act: fc.constant('revoke' as const), ...facts, target }),
  fc.record({ act: fc.constant('revoke' as const), ...facts, target, until: time }),
  fc.record({ act: fc.constant('revoke' as const), ...facts, target: subject, notBefore: time }),
  fc.record({ act: fc.constant('lift' as const), ...facts, target, ends: fc.array(text) }),
)

test('a change is read as it was written', () => {
  fc.assert(
    fc.property(change, (one) => {
      expect(readChange(JSON.stringify(changeJson(one)))).toEqual({ ok: true, value: one })
    }),
    { numRuns: 2_000, seed: 1 },
  )
})

describe('what is no change is refused, beside the one that is read', () => {
  const good = changeJson(revokeOf('a', { by: 'subject', issuer: 'i', id: 's' }))
  const lift = changeJson(liftOf('l', tokenOf('a'), ['a']))
  const { form } = changeClauses
  test.for<readonly [string, object, string]>([
    ['another act', { ...good, act: 'forget' }, form],
    ['no id', { ...good, id: undefined }, form],
    ['no author', { ...good, by: 1 }, form],
    ['no reason', { ...good, reason: null }, form],
    ['a time that is none', { ...good, at: 'yesterday' }, form],
    ['an end that is no time', { ...good, until: 'soon' }, form],
    ['an end that is a number', { ...good, until: 1 }, form],
    ['not before of something without a time', { ...good, target: tokenOf('a'), not_before: good['at'] }, form],
    ['a lift of nothing named', { ...lift, ends: 'a' }, form],
    ['a lift of what is no id', { ...lift, ends: [1] }, form],
    ['no target', { ...good, target: undefined }, targetClauses.form],
    ['a list', [good], form],
  ])('%s', ([, json, clause]) => {
    for (const control of [good, lift]) expect(readChange(JSON.stringify(control)).ok).toBe(true)
    expect(readChange(JSON.stringify(json))).toMatchObject({ ok: false, code: 'REQUEST_MALFORMED', clause })
  })
})

describe('targets', () => {
  const prefix = { by: 'subject-prefix', issuer: 'i', prefix: 'spiffe://a/b' }
  test.for<readonly [string, unknown, string]>([
    ['nothing', undefined, targetClauses.form],
    ['no kind', { issuer: 'i', id: 'x' }, targetClauses.form],
    ['a kind of the prototype', { by: 'constructor' }, targetClauses.form],
    ['a member too many', { ...prefix, id: 'x' }, targetClauses.form],
    ['a member too few', { by: 'jti', id: 'x' }, targetClauses.form],
    ['an empty part', { ...prefix, prefix: '' }, targetClauses.form],
    ['a part that is no text', { ...prefix, issuer: 1 }, targetClauses.form],
    ['a part that is too long', { ...prefix, issuer: 'i'.repeat(2_049) }, targetClauses.form],
    ['a prefix that ends with a slash', { ...prefix, prefix: 'spiffe://a/b/' }, targetClauses.prefix],
    ['a prefix of a slash', { ...prefix, prefix: '/' }, targetClauses.prefix],
  ])('%s is refused', ([, value, clause]) => {
    expect(readTarget(prefix).ok).toBe(true)
    expect(readTarget(value as Parameters<typeof readTarget>[0])).toMatchObject({ code: 'REQUEST_MALFORMED', clause })
  })
})

describe('what operators ask for', () => {
  const author = { id: '1', at: noon, by: 'alice' }
  const good = { target: { by: 'subject', issuer: 'i', id: 's' }, reason: 'stolen' }
  const later = '2026-03-02T13:00:00.000Z'

  test.for<readonly [string, unknown, string]>([
    ['no object', [], requestClauses.form],
    ['a member that there is not', { ...good, expires: later }, requestClauses.form],
    ['no reason', { target: good.target }, requestClauses.reason],
    ['a reason of spaces', { ...good, reason: '  ' }, requestClauses.reason],
    ['a reason that is too long', { ...good, reason: 'x'.repeat(501) }, requestClauses.reason],
    ['an end that is no time', { ...good, until: '1h' }, requestClauses.time],
    ['an end that has passed', { ...good, until: '2026-03-02T12:00:00.000Z' }, requestClauses.time],
    ['a start that is no time', { ...good, not_before: 7 }, requestClauses.time],
    ['not before of a token', { ...good, target: tokenOf('a'), not_before: later }, requestClauses.notBefore],
  ])('%s is refused', ([, body, clause]) => {
    expect(readRevoke({ ...good, until: later, not_before: later }, author).ok).toBe(true)
    expect(readRevoke(body as typeof good, author)).toMatchObject({ ok: false, code: 'REQUEST_MALFORMED', clause })
  })

  test('a lift names what is in force', () => {
    expect(readLift(good, author, () => ['a', 'b'])).toMatchObject({
      ok: true,
      value: { act: 'lift', ends: ['a', 'b'] },
    })
    expect(readLift({ ...good, until: later }, author, () => [])).toMatchObject({
      ok: false,
      clause: requestClauses.form,
    })
  })
})
