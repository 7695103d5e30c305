import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { instant, seconds } from '../../../pdp/core/time.ts'
import { createKeyPairJwtVerifier } from '../../../pdp/identity/verifiers/key-pair-jwt.ts'
import { root } from '../../architecture/project.ts'
import { madeKeyPair, registryIssuer, registryOf, writtenClient } from '../../support/clients.ts'
import { frameAt } from '../../support/clock.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import { bearer, createAsk } from '../../support/world.ts'

// A token of Snowflake's own driver for Node, which counts in milliseconds, at the first gate.

interface Driver {
  authenticate(authenticator: string, service: string, account: string, user: string): Promise<void>
  updateBody(body: { readonly data: { TOKEN?: string } }): void
}
type MakeDriver = new (config: Readonly<Record<string, () => string | undefined>>) => Driver

const driverPath = 'node_modules/snowflake-sdk/dist/lib/authentication/auth_keypair.js'
const makeDriver = () => createRequire(import.meta.url)(join(root, 'build/peers/snowflake', driverPath)) as MakeDriver

const lasting = { created_at: '2026-01-01', expires_at: '2099-01-01', name: 'PAYMENTS.DRIVER' }

async function tokenOf(privateKey: string): Promise<string> {
  const config = {
    getPrivateKey: () => privateKey,
    getPrivateKeyPath: () => undefined,
    getPrivateKeyPass: () => undefined,
  }
  const driver = new (makeDriver())(config)
  await driver.authenticate('SNOWFLAKE_JWT', '', 'payments', 'driver')
  const body: { data: { TOKEN?: string } } = { data: {} }
  driver.updateBody(body)
  return body.data.TOKEN ?? ''
}

test.each([
  ['ms', { ok: true, value: { subject: { id: `${registryIssuer}#driver`, methods: ['key-pair-jwt'] } } }],
  ['s', { ok: false, code: 'CREDENTIAL_MALFORMED' }],
] as const)('a token of the driver, for a key that counts in %s', async (unit, outcome) => {
  const pair = madeKeyPair('key-pair-jwt', 'driver-1', { ...lasting, time_unit: unit })
  const registry = registryOf({ driver: writtenClient([pair.written]) })
  const verifier = createKeyPairJwtVerifier({
    issuer: registryIssuer,
    registry,
    maxLifetime: seconds(300),
    skew: seconds(5),
  })
  const gate = createFirstGate({ verifiers: [verifier], links: [] })
  const token = await tokenOf(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  const ask = createAsk({ headers: bearer(token) })
  expect(await gate(ask, frameAt(instant(Date.now())))).toMatchObject(outcome)
})
