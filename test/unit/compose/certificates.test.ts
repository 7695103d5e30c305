import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createPdp, type Pdp } from '../../../pdp/compose/pdp.ts'
import { parseConfig } from '../../../pdp/config/read-config.ts'
import { systemSurroundings } from '../../../pdp/process/system.ts'
import { exampleBundle } from '../../support/bundles.ts'
import { createCertificateList, pemOfLists } from '../../support/certificate-lists.ts'
import { createAuthority, extension, general, pemOf } from '../../support/certificates.ts'
import { time } from '../../support/der.ts'
import { createAsk, vouchingGateway } from '../../support/world.ts'

// An authority of `trust` as configuration has it: clients by name, intermediates, lists of revoked certificates.

let folder = ''
let pdp: Pdp | undefined
const hour = 3_600_000
const valid = { notBefore: Date.now() - hour, notAfter: Date.now() + hour }
const root = createAuthority('partners root', valid)
const issuing = root.authority('partners issuing', valid)
const listValid = { thisUpdate: Date.now() - hour, nextUpdate: time(Date.now() + hour) }
const certificateOf = (serial: bigint) =>
  pemOf(issuing.issue({ ...valid, serial, extensions: [extension.names([general.dns('shop.partner.example')])] }))

const file = (name: string) => `file:${join(folder, name)}`
const authority = () => ({
  ca: file('ca.pem'),
  name: 'partners',
  clients: [{ id: 'shop', san_dns: 'shop.partner.example' }],
  environment: 'production',
  facts: { organization: 'partner' },
  intermediates: file('issuing.pem'),
  crls: [file('issuing.crl')],
})

async function start(changes: object = {}): Promise<Pdp> {
  const parsed = parseConfig({
    services: { orders: { audiences: ['https://orders.example.org'], environment: 'production', peps: ['gateway'] } },
    peps: { gateway: { none: true } },
    trust: [{ ...authority(), ...changes }],
    bundles: { orders: { file: join(folder, 'orders.tar.gz'), unsigned: true } },
    state: join(folder, 'state'),
  })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  pdp = await createPdp(parsed.value, systemSurroundings())
  return pdp
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-mtls-'))
  await writeFile(join(folder, 'orders.tar.gz'), await exampleBundle('orders'))
  await writeFile(join(folder, 'ca.pem'), pemOf(root))
  await writeFile(join(folder, 'issuing.pem'), pemOf(issuing))
  await writeFile(
    join(folder, 'issuing.crl'),
    pemOfLists(createCertificateList(issuing, { ...listValid, revoked: [66] })),
  )
})
afterEach(async () => {
  await pdp?.close()
  pdp = undefined
  await rm(folder, { recursive: true })
})

const decide = (pdp: Pdp, certificate: string) => {
  const service = pdp.services.get('orders')
  if (!service) throw new Error('no such service')
  return pdp.decide(createAsk({ certificate, service, pep: vouchingGateway }))
}

test('a client by its DNS name under an intermediate that is configured, until the list names its certificate', async () => {
  const pdp = await start()
  const decision = await decide(pdp, certificateOf(65n))
  // the policy of the example knows no partners: what counts is that the first gate opened
  expect(decision).toMatchObject({
    code: 'POLICY_DENIED',
    caller: { subject: { id: 'partners#shop' }, attested: { environment: 'production', organization: 'partner' } },
  })
  expect(await decide(pdp, certificateOf(66n))).toMatchObject({ effect: 'deny', code: 'REVOKED' })
  expect(pdp.status().trust.map(({ name, keys }) => [name, keys])).toEqual([
    ['partners', 1],
    ['partners intermediates and crls', 2],
  ])
})

test.for<readonly [string, () => Promise<unknown>, RegExp]>([
  [
    'a list that is not there',
    () => rm(join(folder, 'issuing.crl')),
    /partners intermediates and crls: file cannot be read: ENOENT/,
  ],
  [
    'a list that is none',
    () => writeFile(join(folder, 'issuing.crl'), 'x'),
    /not 1 to 20 lists of revoked certificates in PEM/,
  ],
  ['intermediates that are none', () => writeFile(join(folder, 'issuing.pem'), 'x'), /not certificates in PEM/],
])('there is no start with %s', async ([, damage, reason]) => {
  await (await start()).close()
  pdp = undefined
  await damage()
  await expect(start()).rejects.toThrow(reason)
})

test('a client whose name is none is told at start', async () => {
  await (await start()).close()
  pdp = undefined
  await expect(start({ clients: [{ id: 'shop', subject: 'shop' }] })).rejects.toThrow(
    /partners: subject of client `shop`: must be a name as RFC 4514 writes it/,
  )
})
