import { expect, test } from 'vitest'
import { withTrustAge } from '../../../pdp/compose/trust-age.ts'
import { plus, seconds } from '../../../pdp/core/time.ts'
import { createJwtSvidVerifier } from '../../../pdp/identity/verifiers/jwt-svid.ts'
import { createVerify } from '../../../pdp/identity/verify.ts'
import { createOpenToken } from '../../../pdp/identity/open-token.ts'
import { createVerifiedTokens } from '../../../pdp/jose/verified-tokens.ts'
import { createStaticKeys } from '../../../pdp/trust/static-keys.ts'
import { parseTrustDomain } from '../../../pdp/core/spiffe-id.ts'
import { frameAt, noon } from '../../support/clock.ts'
import { bearer, createAsk, svid, svidKey, trustDomain } from '../../support/world.ts'

const domain = parseTrustDomain(trustDomain)
if (!domain.ok) throw new Error(domain.detail)
const trustDomainOf = domain.value

/** The provenance of the caller's one credential, where the keys were known right `ago` seconds before noon. */
async function provenance(ago: number, aged: boolean) {
  const trust = createStaticKeys({
    name: trustDomain,
    keys: [svidKey.verification],
    clock: () => plus(noon, seconds(-ago)),
    maxStale: seconds(3_600),
  })
  const tokens = createVerifiedTokens()
  const options = { trustDomain: trustDomainOf, trust, tokens, maxLifetime: seconds(3_600), skew: seconds(30) }
  const verifier = createJwtSvidVerifier(options)
  const verify = createVerify({
    verifiers: [aged ? withTrustAge(verifier, trust) : verifier],
    proofs: [],
    open: createOpenToken(tokens),
    firstUse: { claim: async () => 'unknown' },
    revocation: { confirmedAt: () => noon, find: () => 'clear' },
    links: [],
  })
  const who = await verify(createAsk({ headers: bearer(svid()) }), frameAt(noon))
  if (!who.ok) throw new Error(who.clause)
  return who.value.provenance[0]
}

test.for([
  [0, 0],
  [0.9, 0],
  [1_799.5, 1_799],
  [-5, 0], // keys that came while the decision was under way
])('keys known right %s s before give an age of %s s', async ([ago = 0, age = 0]) => {
  expect(await provenance(ago, true)).toMatchObject({ trustAgeSeconds: age })
})

test('where nobody says when keys were known right, no age is made up', async () => {
  expect(await provenance(1, false)).not.toHaveProperty('trustAgeSeconds')
})
