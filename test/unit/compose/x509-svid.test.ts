import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createPdp, type Pdp } from '../../../pdp/compose/pdp.ts'
import { parseConfig } from '../../../pdp/config/read-config.ts'
import { systemSurroundings } from '../../../pdp/process/system.ts'
import { exampleBundle } from '../../support/bundles.ts'
import { createAuthority, pemOf, type TestAuthority } from '../../support/certificates.ts'
import { bearer, checkout, createAsk, svid, svidKey, vouchingGateway } from '../../support/world.ts'
import { instant } from '../../../pdp/core/time.ts'

// One entry of `trust` takes both forms of SVID of a trust domain, from one bundle in one file.

let folder = ''
let pdp: Pdp | undefined
const hour = 3_600_000
const valid = { notBefore: Date.now() - hour, notAfter: Date.now() + hour }
const authority = createAuthority('prod.example root', valid)
const certificateBy = (by: TestAuthority) => pemOf(by.svid(checkout, valid))

const bundleOf = (...authorities: readonly TestAuthority[]) =>
  JSON.stringify({
    keys: [
      svidKey.jwk,
      ...authorities.map(({ der, key }) => ({
        ...key.publicKey.export({ format: 'jwk' }),
        use: 'x509-svid',
        x5c: [der.toString('base64')],
      })),
    ],
  })

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-x509-'))
  await writeFile(join(folder, 'orders.tar.gz'), await exampleBundle('orders'))
  await writeFile(join(folder, 'prod.json'), bundleOf(authority))
  const parsed = parseConfig({
    services: { orders: { audiences: ['https://orders.example.org'], environment: 'production', peps: ['gateway'] } },
    peps: { gateway: { none: true } },
    trust: [
      {
        spiffe: 'prod.example',
        from: `file:${join(folder, 'prod.json')}`,
        environment: 'production',
        path: '/ns/{namespace}/sa/{service_account}',
      },
    ],
    bundles: { orders: { file: join(folder, 'orders.tar.gz'), unsigned: true } },
    state: join(folder, 'state'),
  })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  pdp = await createPdp(parsed.value, systemSurroundings())
})
afterEach(async () => {
  await pdp?.close()
  pdp = undefined
  await rm(folder, { recursive: true })
})

async function decide(parts: Parameters<typeof createAsk>[0]) {
  const service = pdp?.services.get('orders')
  if (!pdp || !service) throw new Error('no such service')
  return pdp.decide(createAsk({ ...parts, service, pep: vouchingGateway }))
}

test('an X.509-SVID, a JWT-SVID, and both of one workload are allowed', async () => {
  const token = bearer(svid({ now: instant(Date.now()) }))
  const certificate = certificateBy(authority)
  expect(await decide({ certificate })).toMatchObject({ effect: 'allow' })
  expect(await decide({ headers: token })).toMatchObject({ effect: 'allow' })
  expect(await decide({ headers: token, certificate })).toMatchObject({ effect: 'allow' })
})

test('a certificate by another authority is denied', async () => {
  const stranger = createAuthority('stranger', valid)
  expect(await decide({ certificate: certificateBy(authority) })).toMatchObject({ effect: 'allow' })
  expect(await decide({ certificate: certificateBy(stranger) })).toMatchObject({
    effect: 'deny',
    code: 'CERTIFICATE_REFUSED',
    clause: 'rfc5280-6.1-path',
  })
})
