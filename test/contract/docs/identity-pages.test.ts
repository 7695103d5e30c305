import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { openGate } from '../../../pdp/cli/inspect/open-gate.ts'
import { loadConfig } from '../../../pdp/config/load-config.ts'
import { makeSecret } from '../../../pdp/keys/own-secret.ts'
import { startRefusals } from '../../../pdp/process/start-refusals.ts'
import { read } from '../../architecture/project.ts'
import { frameAt, noon } from '../../support/clock.ts'
import {
  accessToken,
  type AskParts,
  bearer,
  checkout,
  checkoutCertificate,
  createAsk,
  domainAuthority,
  issuerKey,
  oauthIssuer,
  opaqueIssuer,
  opaqueToken,
  svidKey,
  testIntrospector,
  vouchingGateway,
} from '../../support/world.ts'
import { createSite, type Site } from '../process/harness.ts'

// The configuration of each page, with the files it names, opened as the server would: what the page says is accepted is,
// and what it says is refused is refused.

interface Row {
  readonly page: string
  /** Which of its blocks of YAML. */
  readonly block: number
  readonly accepted: AskParts
  readonly subject: string
  readonly delegation?: readonly string[]
  readonly refused: AskParts
  readonly code: string
}

const at = noon / 1000
const rows: readonly Row[] = [
  {
    page: 'opaque-token',
    block: 0,
    accepted: { headers: bearer(opaqueToken({ claims: { namespace: 'shop' } })) },
    subject: `${opaqueIssuer}#checkout`,
    refused: { headers: bearer(opaqueToken({ claims: { namespace: 'shop', token_type: undefined } })) },
    code: 'CREDENTIAL_REFUSED',
  },
  {
    page: 'issuer-jwt',
    block: 0,
    accepted: { headers: bearer(accessToken()) },
    subject: `${oauthIssuer}#checkout`,
    refused: { headers: bearer(accessToken({ claims: { iat: at - 1_000 } })) },
    code: 'ATTESTATION_STALE',
  },
  {
    page: 'delegation-and-links',
    block: 0,
    accepted: { headers: bearer(accessToken()), certificate: checkoutCertificate },
    subject: checkout,
    refused: { headers: bearer(accessToken({ claims: { sub: 'another' } })), certificate: checkoutCertificate },
    code: 'CREDENTIAL_CONFLICT',
  },
  {
    page: 'delegation-and-links',
    block: 1,
    accepted: { headers: bearer(accessToken({ claims: { sub: 'alice' } })), certificate: checkoutCertificate },
    subject: checkout,
    delegation: ['alice'],
    refused: { headers: bearer(accessToken({ claims: { sub: 'alice' } })) },
    code: 'CREDENTIAL_MISSING',
  },
]

let site: Site
beforeAll(async () => {
  site = await createSite()
  const { kty, crv, x, y } = domainAuthority.key.publicKey.export({ format: 'jwk' })
  const authority = { kty, crv, x, y, use: 'x509-svid', x5c: [domainAuthority.der.toString('base64')] }
  await site.file('bundle.json', JSON.stringify({ keys: [svidKey.jwk, authority] }))
  await site.file('login.json', JSON.stringify({ keys: [issuerKey.jwk] }))
  await site.file('introspection.secret', 'secret\n')
})
afterAll(() => site.remove())

describe.each(rows)(
  'docs/identity/$page.md, block $block',
  ({ page, block, accepted, subject, delegation, refused, code }) => {
    test('works as it says', async () => {
      const blocks = [...read(`docs/identity/${page}.md`).matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => text)
      await site.configure(parse(blocks[block] ?? '') as Record<string, unknown>)
      const loaded = await loadConfig({ file: join(site.folder, 'sallyport.yaml'), environment: {}, flags: [] })
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
      expect(startRefusals(loaded.config, { demo: false, environment: {} })).toEqual([])
      const gate = await openGate(loaded.config, {
        clock: () => noon,
        random: () => 0,
        secret: makeSecret(randomBytes),
        introspectors: new Map([[opaqueIssuer, testIntrospector]]),
      })
      expect(gate.problems).toEqual([])
      const service = gate.services.get('orders')
      const verify = (parts: AskParts) =>
        gate.verify(createAsk({ ...parts, pep: vouchingGateway, ...(service && { service }) }), frameAt())
      const answer = await verify(accepted)
      expect(answer).toMatchObject({ ok: true, value: { subject: { id: subject } } })
      if (answer.ok) expect(answer.value.delegation.map(({ id }) => id)).toEqual(delegation ?? [])
      expect(await verify(refused)).toMatchObject({ ok: false, code })
      gate.close()
    })
  },
)
