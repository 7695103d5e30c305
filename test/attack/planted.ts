import { parseSpiffeId } from '../../pdp/core/spiffe-id.ts'
import { instant, type Instant } from '../../pdp/core/time.ts'
import { ok } from '../../pdp/core/result.ts'
import type { Verifier } from '../../pdp/seams.ts'
import { firstGateParts } from '../support/first-gate.ts'
import { createTestDecisionPoint, gatewayKey } from '../support/decision-point.ts'
import { startTestServer } from '../support/http.ts'
import { checkout, trustDomain } from '../support/world.ts'
import { presentTo, type Target } from './target.ts'

/** Decodes a token and believes it: no signature, no time, no audience is checked. */
const believing: Verifier = {
  method: 'jwt-svid',
  selectors: [{ form: 'jwt', by: 'trust-domain', value: trustDomain }],
  async verify(credential, _, { now }) {
    const id = parseSpiffeId(checkout)
    if (credential.form !== 'jwt' || !id.ok) throw new Error('the plant takes tokens alone')
    const { claims } = credential.jwt
    const facts = { environment: 'production', namespace: 'shop', service_account: 'checkout' }
    return ok({
      method: 'jwt-svid',
      subject: { issuer: `spiffe://${trustDomain}`, id: checkout, spiffe: id.value },
      claims,
      facts: Object.entries(facts).map(([name, value]) => ({ name, value, source: 'config' as const })),
      issuedAt: now,
      expiresAt: instant(now + 300_000),
      audienceBound: true,
      attested: true,
      delegation: [],
      once: [],
      revocable: [],
    })
  },
}

/** The attacks that must find the plant: what it does not check. */
export const foundByPlant: readonly string[] = ['own-key', 'cache-same-claims', 'aud-other', 'exp-past', 'nbf-future']

/** A decision point with a vulnerability, asked in the same way: a catalogue that does not find it proves nothing. */
export async function startPlantedTarget(now: () => Instant): Promise<Target> {
  const others = firstGateParts().verifiers.filter(({ method }) => method !== believing.method)
  const point = await createTestDecisionPoint({ now, parts: { verifiers: [...others, believing] } })
  const server = await startTestServer({}, point)
  return {
    present: presentTo(
      server.port,
      () => gatewayKey,
      async () => undefined,
    ),
    close: () => server.close(),
  }
}
