import { expect, test } from 'vitest'
import { parseConfig } from '../../../pdp/config/read-config.ts'
import type { JsonObject } from '../../../pdp/core/json.ts'
import { seconds } from '../../../pdp/core/time.ts'
import { readClaimFacts } from '../../../pdp/identity/claim-facts.ts'
import { accessToken as accessTokenProfile } from '../../../pdp/identity/profiles/access-token.ts'
import { oidc } from '../../../pdp/identity/profiles/oidc.ts'
import { createIssuerJwtVerifier } from '../../../pdp/identity/verifiers/issuer-jwt.ts'
import { createVerifiedTokens } from '../../../pdp/jose/verified-tokens.ts'
import type { RevocationKey, RevocationView } from '../../../pdp/seams.ts'
import { createStaticKeys } from '../../../pdp/trust/static-keys.ts'
import { noon } from '../../support/clock.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import { refusesOnly } from '../../support/twin.ts'
import { accessToken, bearer, createAsk, issuerKey, oauthIssuer } from '../../support/world.ts'

const names = { namespace: 'ns', service_account: 'sa' }
const fact = (name: string, value: string) => ({ name, value, source: 'token' })

test.for<readonly [string, JsonObject, readonly object[]]>([
  [
    'claims that are named',
    { ns: 'shop', sa: 'checkout' },
    [fact('namespace', 'shop'), fact('service_account', 'checkout')],
  ],
  ['an absent claim is an absent fact', { ns: 'shop' }, [fact('namespace', 'shop')]],
  ['claims that are not named', { namespace: 'shop', team: 'a' }, []],
  ['of the actor where there is one', { ns: 'people', act: { sub: 'a', ns: 'shop' } }, [fact('namespace', 'shop')]],
  ['never of the party an actor acts for', { ns: 'people', sa: 'root', act: { sub: 'a' } }, []],
  ['never of an earlier actor', { act: { sub: 'a', act: { sub: 'b', ns: 'shop' } } }, []],
])('facts from claims: %s', ([, claims, facts]) => {
  expect(readClaimFacts(claims, names)).toEqual({ ok: true, value: facts })
})

/** A gate over the issuer of the test world, which takes facts from claims. */
function gate(revocation: RevocationView = { confirmedAt: () => noon, find: () => 'clear' }) {
  const keys = createStaticKeys({ name: oauthIssuer, keys: [issuerKey.verification], clock: () => noon })
  const verifier = createIssuerJwtVerifier({
    issuer: oauthIssuer,
    profiles: [accessTokenProfile, oidc],
    trust: keys,
    tokens: createVerifiedTokens(),
    algorithms: ['ES256'],
    maxLifetime: seconds(3_600),
    skew: seconds(30),
    environment: 'production',
    facts: names,
  })
  const verify = createFirstGate({ verifiers: [verifier], revocation })
  return (claims: JsonObject) => verify(createAsk({ headers: bearer(accessToken({ claims })) }))
}

test('facts from claims can be revoked', async () => {
  const asked: RevocationKey[] = []
  const find = (keys: readonly RevocationKey[]) => {
    asked.push(...keys)
    return 'clear' as const
  }
  await gate({ confirmedAt: () => noon, find })({ ns: 'shop' })
  expect(asked).toContainEqual({ by: 'fact', name: 'namespace', id: 'shop' })
})

test('facts from claims are attested with their source', async () => {
  expect(await gate()({ ns: 'shop', sa: 'checkout' })).toMatchObject({
    ok: true,
    value: {
      attested: { environment: 'production', namespace: 'shop', service_account: 'checkout' },
      attestedSources: { environment: 'config', namespace: 'token', service_account: 'token' },
    },
  })
})

test.for<readonly [string, JsonObject]>([
  ['a number', { ns: 1 }],
  ['an empty string', { ns: '' }],
  ['a list', { ns: ['shop'] }],
  ['too long a string', { ns: 'a'.repeat(257) }],
  ['an actor with a number', { act: { sub: 'agent', ns: 1 } }],
])('facts from claims: refused is %s', ([, claims]) =>
  refusesOnly(gate(), { ns: 'shop' }, claims, {
    code: 'CREDENTIAL_REFUSED',
    clause: 'issuer-jwt-fact-claim-form',
  }),
)

test('an environment is configured or claimed, not both', () => {
  const config = (environment?: string) =>
    parseConfig({
      services: { orders: { audiences: ['https://orders.example.org'], peps: ['api'] } },
      peps: { api: { none: true } },
      trust: [{ issuer: oauthIssuer, facts: { environment: 'env' }, ...(environment && { environment }) }],
      bundles: { orders: { file: 'orders.tar.gz', unsigned: true } },
    })
  expect(config()).toMatchObject({ ok: true })
  expect(config('production')).toMatchObject({ ok: false, problems: [{ at: 'trust.0.facts.environment' }] })
})
