import { Client, credentials } from '@grpc/grpc-js'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fileDescriptorSet } from '../../../pdp/core/protobuf/descriptors.ts'
import { writeMessage } from '../../../pdp/core/protobuf/message.ts'
import { checkPath } from '../../../pdp/doors/ext-authz/check-method.ts'
import { framed } from '../../../pdp/doors/grpc/framing.ts'
import { type CheckGiven, checkBytes, readCheckAnswer } from '../../support/check-messages.ts'
import { eventually } from '../../support/eventually.ts'
import { methodOf } from '../../support/grpc-protos.ts'
import { opaEnvoyArchive } from '../../support/opa-envoy.ts'
import { callGrpc, createSite, run, type Run, type Site, stop } from './harness.ts'

// A policy of OPA-Envoy's in a process of its own, as it is configured for the plugin. Its enforcement point says nothing of
// `failure_mode_allow`, so that it is evaluated on threads of its own.

const health = methodOf('grpc.health.v1.Health', 'Check')
const rego = `package envoy.authz
import rego.v1

default allow := false
allow := {"allowed": true, "dynamic_metadata": {"service": input.parsed_body.service}} if input.parsed_body.service == "orders"
allow if {
	input.parsed_path == ["endless"]
	count([n | some n in numbers.range(1, 3000); some m in numbers.range(1, 3000); n * m == 7]) == 2
}
allow if input.attributes.request.http.headers.authorization == "secret-of-the-caller"
`

let site: Site
let started: Run
let client: Client

beforeAll(async () => {
  site = await createSite()
  await site.file('opa.tar.gz', await opaEnvoyArchive(rego, ['envoy/authz/allow']))
  await site.file('protos.pb', descriptorSet())
  const service = (name: string) => ({
    audiences: [`https://${name}.example.org`],
    environment: 'production',
    peps: ['gateway'],
    dialect: 'opa-envoy',
    identity: 'policy',
  })
  await site.configure({
    services: { shop: service('shop'), exposed: { ...service('exposed'), expose_credentials: true } },
    bundles: {
      shop: { file: 'opa.tar.gz', unsigned: true },
      exposed: { file: 'opa.tar.gz', unsigned: true },
    },
    audit: { payloads: { days: 1 } },
    envoy_ext_authz_grpc: {
      addr: '127.0.0.1:0',
      path: 'envoy/authz/allow',
      'proto-descriptor': join(site.folder, 'protos.pb'),
    },
  })
  started = run(['start'], site.folder)
  const [, where = ''] = await started.says(/ext_authz (\S+)/)
  client = new Client(where.replace('http://', ''), credentials.createInsecure())
})
afterAll(async () => {
  client.close()
  await stop(started)
  await site.remove()
})

/** `grpc.health.v1.Health`, as far as it is needed, as `protoc --descriptor_set_out` writes it. */
const descriptorSet = (): Buffer =>
  writeMessage(fileDescriptorSet, {
    files: [
      {
        package: 'grpc.health.v1',
        messages: [
          {
            name: 'HealthCheckRequest',
            fields: [{ name: 'service', number: 1, label: 1, type: 9, typeName: '', jsonName: 'service' }],
            nested: [],
            enums: [],
          },
        ],
        enums: [],
        services: [
          {
            name: 'Health',
            methods: [{ name: 'Check', input: '.grpc.health.v1.HealthCheckRequest', clientStreaming: false }],
          },
        ],
        syntax: 'proto3',
      },
    ],
  })

const check = async (given: CheckGiven, service = 'shop') =>
  readCheckAnswer(await callGrpc(client, checkPath, checkBytes({ ...given, service }), site.key))

const healthCheckOf = (service: string): CheckGiven => ({
  headers: { 'content-type': 'application/grpc' },
  http: { method: 'POST', path: '/grpc.health.v1.Health/Check', rawBody: framed(health.requestSerialize({ service })) },
})

test('`proto-descriptor`: bodies of gRPC are read by the file', async () => {
  expect(await check(healthCheckOf('orders'))).toMatchObject({ code: 0, metadata: { service: 'orders' } })
  expect(await check(healthCheckOf('others'))).toMatchObject({ code: 7, http: 403 })
  const cut = framed(health.requestSerialize({ service: 'orders' })).subarray(0, -1)
  expect(
    await check({ ...healthCheckOf('orders'), http: { path: '/grpc.health.v1.Health/Check', rawBody: cut } }),
  ).toMatchObject({ code: 7 })
})

test('an evaluation without end is stopped and denied, while others are answered', async () => {
  const endless = check({ http: { path: '/endless' } })
  expect(await check(healthCheckOf('orders'))).toMatchObject({ code: 0 })
  expect(await endless).toMatchObject({ code: 7 })
  expect(await check(healthCheckOf('orders'))).toMatchObject({ code: 0 })
})

test('`expose_credentials`: policy sees them, and no payload is kept of that', async () => {
  const headers = { authorization: 'secret-of-the-caller' }
  expect(await check({ headers })).toMatchObject({ code: 7 })
  expect(await check({ headers }, 'exposed')).toMatchObject({ code: 0 })
  const payloadsOf = async (name: string) =>
    (await decisions()).filter(({ service }) => service === name).map((record) => 'payload_sha256' in record)
  await eventually(async () => {
    expect(await payloadsOf('exposed')).toEqual([false])
    expect(await payloadsOf('shop')).toContain(true)
  })
})

interface Recorded {
  readonly service?: string
}

const decisions = async (): Promise<readonly Recorded[]> =>
  (await readAll(join(site.folder, 'state', 'audit')))
    .split('\n')
    .filter((line) => line.includes('"kind":"decision"'))
    .map((line) => JSON.parse(line) as Recorded)

async function readAll(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ndjson'))
  return (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('')
}
