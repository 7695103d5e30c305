import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { contentDigest } from '../../../pdp/core/digest.ts'
import { usual } from '../../contract/process/harness.ts'
import { signatureHeaders } from '../../support/signed-request.ts'
import { svidKey, wit, witKey, workloadKey } from '../../support/world.ts'
import { now, setStage } from './stage.ts'

const stage = setStage(async (site) => {
  await site.file('bundle.json', JSON.stringify({ keys: [svidKey.jwk, witKey.jwk] }))
  return { trust: [{ ...usual.trust[0], wit: true }] }
})

const refused = 400 // what the drafts ask where a caller has no scheme that it could be challenged by

/** The headers of `POST /v1/orders` by a workload that signed the body too. */
function signed(body: string): Record<string, string> {
  const at = now()
  const token = wit({ now: at })
  const created = Math.trunc(at / 1000)
  const digest = contentDigest(Buffer.from(body))
  return {
    'workload-identity-token': token,
    'content-digest': digest,
    ...signatureHeaders({
      components: [
        ['"@method"', 'POST'],
        ['"@request-target"', '/v1/orders'],
        ['"workload-identity-token"', token],
        ['"content-digest"', digest],
      ],
      parameters: `;created=${created};expires=${created + 60};nonce="${randomUUID()}";tag="wimse-workload-to-workload";wimse-aud="https://orders.example.org/v1/orders"`,
      key: workloadKey,
    }),
  }
}

test('a signed body passes where Envoy sends it whole, and not where it is cut, changed or left out', async () => {
  const limited = { max_request_bytes: 64, allow_partial_message: true, pack_as_bytes: true }
  const envoy = await stage.envoy({ filter: { with_request_body: limited } })
  const post = async (body: string, sent = body, port = envoy.port) =>
    (await stage.ask(signed(body), { port, path: '/v1/orders', method: 'POST', body: sent })).status
  const [short, long] = ['{"item":"7"}', JSON.stringify({ item: '7'.repeat(100) })]
  expect(await post(short)).toBe(200)
  expect(stage.received()[0]?.body).toBe(short)
  expect(await post(long)).toBe(refused)
  expect(await post(short, '{"item":"8"}')).toBe(refused)
  const without = await stage.envoy()
  expect(await post(short, short, without.port)).toBe(refused)
  expect(stage.received()).toHaveLength(1)
})
