import { expect, test } from 'vitest'
import { ok } from '../../../pdp/core/result.ts'
import { type Instant, instant } from '../../../pdp/core/time.ts'
import { createOpenCertificate } from '../../../pdp/identity/open-certificate.ts'
import { createX509SvidVerifier } from '../../../pdp/identity/verifiers/x509-svid.ts'
import { createVerify } from '../../../pdp/identity/verify.ts'
import { createOpenToken } from '../../../pdp/identity/open-token.ts'
import { createVerifiedTokens } from '../../../pdp/jose/verified-tokens.ts'
import { frameAt } from '../../support/clock.ts'
import { domain, firstGateParts } from '../../support/first-gate.ts'
import { describeVectors } from '../../support/vectors.ts'
import { createAsk, vouchingGateway } from '../../support/world.ts'

interface SvidCase {
  readonly id: string
  readonly chain: readonly string[]
  readonly bundles: Readonly<Record<string, readonly string[]>>
  readonly now: string
  readonly expect: 'accept' | 'reject' | 'contested'
  readonly spiffeId?: string
}

/**
 * The cases that the texts leave open, decided.
 *
 * - An authority without a key usage is accepted: X509-SVID §4.3 speaks of SVIDs, authorities of a bundle are trusted as
 *   they stand, and RFC 5280 §6.1.4 (n) asks for keyCertSign only where there is a key usage.
 * - A leaf that is its own authority, without a name and with a key usage that is not critical, is refused: X509-SVID
 *   §4.3 asks for it to be critical, and no leaf is an authority.
 */
const decided: Readonly<Record<string, 'accept' | 'reject'>> = {
  'ca-without-key-usage': 'accept',
  'empty-subject': 'reject',
}

const pem = (base64: string): string => `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`

/** A whole first gate with one verifier for each bundle of the case. */
function verify({ chain, bundles, now }: SvidCase) {
  const at: Instant = instant(Date.parse(now))
  const verifiers = Object.entries(bundles).map(([trustDomain, roots]) => {
    const list = roots.map((root) => Buffer.from(root, 'base64'))
    return createX509SvidVerifier({
      trustDomain: domain(trustDomain),
      trust: { asOf: () => at, anchors: async () => ok(list) },
    })
  })
  const gate = createVerify({ ...firstGateParts(), verifiers, open: createOpenToken(createVerifiedTokens()) })
  return gate(createAsk({ certificate: chain.map(pem).join(''), pep: vouchingGateway }), frameAt(at))
}

describeVectors(
  'SPIFFE X.509-SVIDs',
  { folder: 'spiffe', originals: 'spiffe/spiffe and its libraries on GitHub' },
  (read) => {
    const { cases } = read<{ readonly cases: readonly SvidCase[] }>('x509-svids.json')

    test('there are 23 cases, and every contested one is decided', () => {
      expect(cases).toHaveLength(23)
      const contested = cases.filter((one) => one.expect === 'contested').map(({ id }) => id)
      expect(contested.sort()).toEqual(Object.keys(decided).sort())
    })

    test.for(cases)('$id', async (one) => {
      const expected = one.expect === 'contested' ? decided[one.id] : one.expect
      const caller = await verify(one)
      expect(caller.ok ? 'accept' : 'reject').toBe(expected)
      if (caller.ok)
        expect(caller.value.subject).toMatchObject({ id: one.spiffeId, methods: ['x509-svid', 'tls-handshake'] })
      else expect(caller.code).not.toBe('INTERNAL')
    })

    test('a chain is taken apart into what was put together', () => {
      const [first] = cases
      const opened = createOpenCertificate()((first?.chain ?? []).map(pem).join(''))
      expect(opened).toMatchObject({ ok: true, value: { form: 'certificate', uris: [first?.spiffeId] } })
    })
  },
)
