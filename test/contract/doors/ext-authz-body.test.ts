import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contentDigest } from '../../../pdp/core/digest.ts'
import { type CheckServer, startCheckServer } from '../../support/check-calls.ts'
import type { CheckGiven } from '../../support/check-messages.ts'
import { noon } from '../../support/clock.ts'
import { eventually } from '../../support/eventually.ts'
import { signatureHeaders } from '../../support/signed-request.ts'
import { wit, workloadKey } from '../../support/world.ts'

// What is signed over a body, where the proxy sends bodies (with_request_body).

let server: CheckServer
beforeAll(async () => {
  server = await startCheckServer()
})
afterAll(() => server.close())

const body = Buffer.from('{"item":"7"}')
const whole = { 'x-envoy-auth-partial-body': 'false', 'content-length': String(body.length) }

/** A POST by a workload that signed method, target and digest of the body. */
function signed(
  http: CheckGiven['http'] = { rawBody: body },
  headers: Readonly<Record<string, string>> = whole,
): CheckGiven {
  const token = wit()
  const created = Math.trunc(noon / 1000)
  const digest = contentDigest(body)
  const signature = signatureHeaders({
    components: [
      ['"@method"', 'POST'],
      ['"@request-target"', '/v1/orders'],
      ['"workload-identity-token"', token],
      ['"content-digest"', digest],
    ],
    parameters: `;created=${created};expires=${created + 60};nonce="${randomUUID()}";tag="wimse-workload-to-workload";wimse-aud="https://orders.example.org/v1/orders"`,
    key: workloadKey,
  })
  return {
    http: { method: 'POST', path: '/v1/orders', ...http },
    headers: {
      ':method': 'POST',
      ':path': '/v1/orders',
      'workload-identity-token': token,
      'content-digest': digest,
      ...signature,
      ...headers,
    },
  }
}

/** The clause of the record of a check. */
async function clauseOf(given: CheckGiven): Promise<string> {
  const before = server.point.log.lines().length
  await server.check(given)
  await eventually(() => expect(server.point.log.lines().length).toBe(before + 1))
  return (JSON.parse(server.point.log.lines().at(-1) ?? '') as { clause: string }).clause
}

describe('a body that is covered by a signature', () => {
  test.each<[name: string, given: () => CheckGiven]>([
    ['as bytes (pack_as_bytes)', () => signed()],
    ['as text', () => signed({ body: body.toString() })],
    [
      'without a length, as HTTP/2 may have it',
      () => signed({ rawBody: body }, { 'x-envoy-auth-partial-body': 'false' }),
    ],
  ])('is allowed where it is whole: %s', async (_, given) => {
    expect(await server.check(given())).toMatchObject({ code: 0 })
  })

  const unknown = 'rfc9530-2-body-digest-known'
  test.each<[name: string, given: () => CheckGiven, clause: string]>([
    ['is another', () => signed({ rawBody: Buffer.from('{"item":"8"}') }), 'rfc9530-2-content-digest'],
    [
      'is cut, and the proxy says so',
      () => signed({ rawBody: body }, { 'x-envoy-auth-partial-body': 'true' }),
      unknown,
    ],
    [
      'is shorter than its length',
      () => signed({ rawBody: body.subarray(0, 5) }, { 'content-length': String(body.length) }),
      unknown,
    ],
    ['is longer than its length', () => signed({ rawBody: body }, { 'content-length': '5' }), unknown],
    ['is not sent by the proxy', () => signed({}), unknown],
    [
      'is said to be whole and cut',
      () => signed({ rawBody: body }, { 'x-envoy-auth-partial-body': 'false,true' }),
      unknown,
    ],
  ])('is refused where it %s', async (_, given, clause) => {
    expect(await server.check(signed())).toMatchObject({ code: 0 })
    expect(await clauseOf(given())).toBe(clause)
  })
})
