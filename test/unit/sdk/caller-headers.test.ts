import { expect, test } from 'vitest'
import { evidenceHeaders as ofServer } from '../../../pdp/core/evidence-headers.ts'
import { callerHeaderNames, evidenceHeaders, forwardedHeaders } from '../../../sdk/caller-headers.ts'

test('the SDK sends every header that the decision point takes evidence from', () => {
  expect([...evidenceHeaders, ...forwardedHeaders].sort()).toEqual([...ofServer].sort())
})

test('names are compared without regard to case', () => {
  expect(callerHeaderNames({ headers: ['X-Tenant'] }).has('x-tenant')).toBe(true)
  for (const name of ['COOKIE', 'X-Forwarded-Client-Cert']) {
    expect(() => callerHeaderNames({ headers: [name] })).toThrow(TypeError)
  }
})
