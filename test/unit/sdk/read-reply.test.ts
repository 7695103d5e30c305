import { describe, expect, test } from 'vitest'
import { readReply } from '../../../sdk/read-reply.ts'
import { allow } from './replies.ts'

type Path = readonly (string | number)[]

/** Every place of a JSON value. */
function placesOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([name, member]) => placesOf(member, [...path, name]))]
}

function changed(value: unknown, [at, ...rest]: Path, to: unknown): unknown {
  if (at === undefined) return to
  const copy: Record<string | number, unknown> = structuredClone(value) as Record<string, unknown>
  if (rest.length === 0 && to === undefined) delete copy[at]
  else copy[at] = changed(copy[at], rest, to)
  return Array.isArray(value) ? Object.values(copy) : copy
}

const whole = {
  ...allow,
  reasons: [{ code: 'a', message: 'b' }],
  obligations: [{ id: '1', type: 'mask', properties: {} }],
  respond: { status: 200, headers: { 'dpop-nonce': 'abc' } },
}
// what may be absent; and texts that anything may stand in
const absent = ['subject', 'attested', 'attested/environment', 'policy', 'cache', 'respond/headers/dpop-nonce']

test('the whole is read', () => {
  expect(readReply(whole, 1)).toEqual(whole)
})

describe('no member may be of another type', () => {
  test.each(placesOf(whole).map((path) => [path.join('/'), path] as const))('%s', (_, path) => {
    for (const wrong of [null, 7.5, [[]]]) expect(readReply(changed(whole, path, wrong), 1)).toBeUndefined()
  })
})

describe('no member may be missing, but those that may', () => {
  const paths = placesOf(whole).filter((path) => path.length > 0 && typeof path.at(-1) === 'string')
  const named = paths.filter((path) => !/\/\d+$/.test(`/${path.join('/')}`))
  test.each(named.map((path) => [path.join('/'), path] as const))('%s', (name, path) => {
    expect(readReply(changed(whole, path, undefined), 1) !== undefined).toBe(absent.includes(name))
  })
})

describe('an allow holds together', () => {
  const rows: readonly (readonly [string, object])[] = [
    ['another code', { code: 'POLICY_DENIED' }],
    ['the status of a deny', { respond: { status: 403, headers: {} } }],
    ['a status that is none', { respond: { status: 99, headers: {} } }],
    ['a header that breaks its line', { respond: { status: 200, headers: { a: 'b\r\nset-cookie: c' } } }],
    ['a header name that is none', { respond: { status: 200, headers: { 'a b': 'c' } } }],
    ['a reuse of the past', { reuse_max_age_s: -1 }],
    ['a decision of another case', { decision: 'Allow' }],
    ['a decision that is a list', { decision: ['allow'] }],
  ]
  test.each(rows)('%s', (_, change) => {
    expect(readReply(whole, 1), 'the twin').toBeDefined()
    expect(readReply({ ...whole, ...change }, 1)).toBeUndefined()
  })
  test('a deny under the code of an allow is none', () => {
    const deny = { ...whole, decision: 'deny', code: 'REVOKED', respond: { status: 401, headers: {} } }
    expect(readReply(deny, 1)).toBeDefined()
    expect(readReply({ ...deny, code: 'ALLOWED' }, 1)).toBeUndefined()
    expect(readReply({ ...deny, respond: { status: 200, headers: {} } }, 1)).toBeUndefined()
  })
})

test('what a later version adds is let be', () => {
  expect(readReply({ ...whole, later: 1 }, 1)).toBeDefined()
})
