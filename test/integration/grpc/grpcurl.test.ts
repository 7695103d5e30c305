import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gatewayKey } from '../../support/decision-point.ts'
import { type CheckServer, startCheckServer } from '../../support/check-calls.ts'
import { svid } from '../../support/world.ts'

const grpcurl = fileURLToPath(new URL('../../../build/peers/grpcurl', import.meta.url))
const protos = fileURLToPath(new URL('../../../protos', import.meta.url))

let server: CheckServer
beforeAll(async () => {
  server = await startCheckServer()
})
afterAll(() => server.close())

/** Runs grpcurl over the files in `protos`; what it printed. */
async function curl(...args: readonly string[]): Promise<string> {
  const files = ['envoy/service/auth/v3/external_auth.proto', 'grpc/health/v1/health.proto']
  const read = ['-plaintext', '-import-path', protos, ...files.flatMap((file) => ['-proto', file])]
  const { stdout } = await promisify(execFile)(grpcurl, [...read, ...args])
  return stdout
}

const address = () => `127.0.0.1:${server.port}`

test('list and describe read the files', async () => {
  expect((await curl('list')).trim().split('\n')).toEqual([
    'envoy.service.auth.v3.Authorization',
    'grpc.health.v1.Health',
  ])
  expect(await curl('describe', 'envoy.service.auth.v3.CheckResponse')).toContain('OkHttpResponse ok_response = 3;')
})

test('Check: an allow and a denial', async () => {
  const check = (authorization: string) =>
    curl(
      '-H',
      `authorization: Bearer ${gatewayKey}`,
      '-d',
      JSON.stringify(requestOf(authorization)),
      address(),
      'envoy.service.auth.v3.Authorization/Check',
    ).then((text) => JSON.parse(text) as unknown)
  expect(await check(`Bearer ${svid()}`)).toMatchObject({
    status: {},
    okResponse: {
      headers: expect.arrayContaining([
        {
          header: { key: 'x-sallyport-subject', value: 'spiffe://prod.example/ns/shop/sa/checkout' },
          append: false,
          appendAction: 'OVERWRITE_IF_EXISTS_OR_ADD',
        },
      ]),
    },
    dynamicMetadata: { decision: 'allow' },
  })
  expect(await check('Bearer none')).toMatchObject({
    status: { code: 16 },
    deniedResponse: { status: { code: 'Unauthorized' } },
    dynamicMetadata: { decision: 'deny' },
  })
})

const requestOf = (authorization: string) => ({
  attributes: {
    request: {
      http: {
        method: 'GET',
        path: '/v1/orders/42',
        host: 'orders.example.org',
        scheme: 'https',
        headers: { authorization },
      },
    },
    contextExtensions: { service: 'orders' },
  },
})

test('health: Check and List', async () => {
  expect(JSON.parse(await curl(address(), 'grpc.health.v1.Health/Check'))).toEqual({ status: 'SERVING' })
  expect(JSON.parse(await curl(address(), 'grpc.health.v1.Health/List'))).toMatchObject({
    statuses: { '': { status: 'SERVING' }, 'envoy.service.auth.v3.Authorization': { status: 'SERVING' } },
  })
})
