import { expect, test } from 'vitest'
import type { JsonValue } from '../../../pdp/core/json.ts'
import { sha256 } from '../../../pdp/core/digest.ts'
import { conclude } from '../../../pdp/core/draft.ts'
import { seal } from '../../../pdp/core/decision.ts'
import { respondOf } from '../../../pdp/doors/respond.ts'
import { defaultResultRules, mintAnswer, readResult } from '../../../pdp/policy/read-result.ts'
import { frameAt } from '../../support/clock.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import { bearer, boundToken, createAsk, dpop, svid } from '../../support/world.ts'

/** What the PEP is told where policy answers `result`. */
async function decided(
  result: JsonValue,
  headers = bearer(svid()) as ReturnType<typeof bearer> | ReturnType<typeof dpop>,
) {
  const frame = frameAt()
  const ask = createAsk({ headers })
  const caller = await createFirstGate()(ask, frame)
  const answer = readResult(result, defaultResultRules)
  if (!caller.ok || !answer.ok) throw new Error('the twin is refused')
  const evaluated = mintAnswer(answer.value, frame, { cache: 'miss', inputSha256: sha256('') })
  const draft = conclude(caller.value, [{ ok: true, value: evaluated }], ask, {
    bundle: 'b',
    revision: 'r',
    digest: 'd',
  })
  const { code, clause } = seal(draft, undefined, ask, frame)
  return { code, clause, respond: respondOf(seal(draft, undefined, ask, frame)) }
}

test('a deny with acr_values asks for stronger authentication: 401 by RFC 9470 §3', async () => {
  expect(await decided({ allow: false, challenge: { acr_values: 'urn:wal:3' } })).toEqual({
    code: 'ASSURANCE_REQUIRED',
    clause: 'rfc9470-3-policy-acr-values',
    respond: {
      status: 401,
      headers: {
        'www-authenticate':
          'Bearer error="insufficient_user_authentication", error_description="stronger authentication is needed", acr_values="urn:wal:3"',
      },
    },
  })
})

test('one without is a denial like any other', async () => {
  expect(await decided({ allow: false })).toMatchObject({
    code: 'POLICY_DENIED',
    respond: { status: 403, headers: {} },
  })
  expect(await decided({ allow: false, challenge: { scope: 'orders:read' } })).toMatchObject({
    code: 'POLICY_DENIED',
    respond: { status: 403, headers: { 'www-authenticate': expect.stringContaining('insufficient_scope') } },
  })
})

test('who proved possession of a key is challenged by the scheme it used', async () => {
  const { respond } = await decided({ allow: false, challenge: { acr_values: 'x' } }, dpop(boundToken()))
  expect(respond.headers['www-authenticate']).toMatch(/^DPoP error="insufficient_user_authentication".* algs="/)
})
