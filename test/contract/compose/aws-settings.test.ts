import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openGate } from '../../../pdp/cli/inspect/open-gate.ts'
import { loadConfig } from '../../../pdp/config/load-config.ts'
import { deriveKey } from '../../../pdp/keys/derive.ts'
import { makeSecret } from '../../../pdp/keys/own-secret.ts'
import { attestation, createRegion, signedDocument } from '../../support/aws-instances.ts'
import {
  identityToken,
  presignIdentity,
  type Signing,
  signByAws4,
  signBySdk,
  signForRegions,
} from '../../support/aws-signers.ts'
import { madeAccessKey, registryIssuer, writtenClient } from '../../support/clients.ts'
import { frameAt, noon } from '../../support/clock.ts'
import { startSts, type StsServer } from '../../support/sts-server.ts'
import { refusesOnly } from '../../support/twin.ts'
import { type AskParts, bearer, createAsk } from '../../support/world.ts'
import { createSite, type Site, usual } from '../process/harness.ts'

// Settings as they are written in a configuration, each value by what it lets in.

const secret = makeSecret(randomBytes)
const key = madeAccessKey('checkout', {}, deriveKey(secret, 'registry-seal/v1'))
const role = {
  ...key,
  account: '123456789012',
  arn: 'arn:aws:sts::123456789012:assumed-role/checkout/a',
  userId: 'AROAEXAMPLE:a',
}
const frankfurt = createRegion()
let site: Site
let sts: StsServer
beforeAll(async () => {
  site = await createSite()
  sts = await startSts([role])
  const services = ['orders', 's3']
  const clients = { checkout: writtenClient([key.written], { services }) }
  await site.file('clients.yaml', JSON.stringify({ clients }))
  await site.file('regions.json', JSON.stringify({ 'mars-north-1': frankfurt.pem }))
})
afterAll(async () => {
  await sts.close()
  await site.remove()
})

async function configure(sections: Readonly<Record<string, unknown>>) {
  const s3 = { audiences: ['https://s3.example.org'], policy: 'orders', peps: ['gateway'] }
  await site.configure({ services: { ...usual.services, s3 }, ...sections })
  return loadConfig({ file: join(site.folder, 'sallyport.yaml'), environment: {}, flags: [] })
}

const verifyWith = (parts: AskParts, service = 'orders') =>
  async function verify(sections: Readonly<Record<string, unknown>>) {
    const loaded = await configure(sections)
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
    const gate = await openGate(loaded.config, { clock: () => noon, random: () => 0, secret })
    const known = gate.services.get(service)
    const answer = await gate.verify(createAsk({ ...parts, ...(known && { service: known }) }), frameAt())
    gate.close()
    return answer
  }

const sigV4 = (settings: Readonly<Record<string, unknown>>) => ({
  registry: {
    issuer: registryIssuer,
    from: 'file:clients.yaml',
    methods: { 'aws-sigv4': { region: 'eu-central-1', ...settings } },
  },
})
const posted: Signing = { key, method: 'POST', url: 'https://orders.example.org/v1/orders', body: '{}' }

describe('registry.methods.aws-sigv4', () => {
  test('region', async () =>
    refusesOnly(verifyWith(await signBySdk({ key })), sigV4({}), sigV4({ region: 'us-east-1' }), {
      code: 'AUDIENCE_REFUSED',
      clause: 'sigv4-scope-region',
    }))
  test('v4a', async () =>
    refusesOnly(verifyWith(await signForRegions({ key })), sigV4({ v4a: true }), sigV4({}), {
      code: 'CREDENTIAL_UNSUPPORTED',
      clause: 'select-signed-request',
    }))
  test('payload: unsigned', async () => {
    const signed = await signBySdk({ ...posted, headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } })
    await refusesOnly(verifyWith(signed), sigV4({ payload: 'unsigned' }), sigV4({}), {
      code: 'SIGNATURE_INVALID',
      clause: 'sigv4-payload-signed',
    })
  })
  test('payload: enforcement_point', async () => {
    const { bodyDigest: _, ...signed } = await signBySdk(posted)
    const parts = { ...signed, covered: { ...signed.covered, 'content-length': ['2'] } }
    await refusesOnly(verifyWith(parts), sigV4({ payload: 'enforcement_point' }), sigV4({ payload: 'compare' }), {
      code: 'SIGNATURE_INVALID',
      clause: 'sigv4-payload-body-digest-known',
    })
  })
  test('paths: as_sent', async () => {
    const signed = signByAws4({ key, url: 'https://s3.example.org/bucket/a%20b', service: 's3' })
    const asSent = sigV4({ paths: 'as_sent', payload: 'unsigned' })
    await refusesOnly(verifyWith(signed, 's3'), asSent, sigV4({ paths: 'encoded_twice', payload: 'unsigned' }), {
      code: 'SIGNATURE_INVALID',
      clause: 'sigv4-signature',
    })
  })
})

const accounts = { '123456789012': { environment: 'production' } }

describe('aws', () => {
  const iam = (endpoints: readonly string[], allow_private: boolean, of: object = accounts) => ({
    aws: { accounts: of, iam: { endpoints, allow_private } },
  })
  const token = async (endpoint: string) => bearer(identityToken(await presignIdentity({ key, endpoint })))

  test('iam.endpoints and accounts: whom it is asked, and about whom', async () => {
    const verify = verifyWith({ headers: await token(sts.origin) })
    await refusesOnly(verify, iam([sts.origin], true), iam([sts.origin, 'http://127.0.0.1:1'].slice(1), true), {
      code: 'CREDENTIAL_REFUSED',
      clause: 'aws-iam-endpoint',
    })
    await refusesOnly(verify, iam([sts.origin], true), iam([sts.origin], true, { '666666666666': {} }), {
      code: 'CREDENTIAL_REFUSED',
      clause: 'aws-account',
    })
  })
  test('iam.allow_private: without it no private address is asked, and plain http is refused at the start', async () => {
    expect((await configure(iam([sts.origin], true))).ok).toBe(true)
    expect(await configure(iam([sts.origin], false))).toMatchObject({
      ok: false,
      problems: [{ at: 'aws.iam.endpoints', message: expect.stringContaining('must be https') }],
    })
    const secure = sts.origin.replace('http:', 'https:')
    const answer = await verifyWith({ headers: await token(secure) })(iam([secure], false))
    expect(answer).toMatchObject({ ok: false, code: 'TRUST_UNAVAILABLE', clause: 'sts-answered' })
  })
  test('instances: regions, their certificates and max_age_s', async () => {
    const document = signedDocument(frankfurt, { region: 'mars-north-1', pendingTime: '2026-03-02T11:58:00Z' })
    const instances = (more: object) => ({
      aws: {
        accounts,
        instances: { regions: ['mars-north-1'], certificates: 'file:regions.json', ...more },
      },
    })
    const verify = verifyWith({ headers: attestation(document) })
    await refusesOnly(verify, instances({}), instances({ regions: ['eu-central-1'] }), {
      code: 'CREDENTIAL_REFUSED',
      clause: 'aws-instance-region',
    })
    await refusesOnly(verify, instances({ max_age_s: 300 }), instances({ max_age_s: 60 }), {
      code: 'EXPIRED',
      clause: 'aws-instance-pending-time-age',
    })
    await expect(verify(instances({ certificates: undefined }))).rejects.toThrow(
      'aws.instances: region `mars-north-1` has no certificate in this release',
    )
  })
  test('nobody is taken by an empty section, nor under the name of an issuer', async () => {
    expect(await configure({ aws: { accounts } })).toMatchObject({ ok: false })
    expect(await configure({ aws: { accounts: {}, instances: { regions: ['eu-central-1'] } } })).toMatchObject({
      ok: false,
    })
    const issuer = { issuer: 'https://sts.amazonaws.com', environment: 'production' }
    const both = { aws: { accounts, instances: { regions: ['eu-central-1'] } }, trust: [issuer] }
    expect(await configure(both)).toMatchObject({
      ok: false,
      problems: [{ at: 'trust.0.issuer', message: expect.stringContaining('is a name of what `aws` vouches for') }],
    })
  })
})
