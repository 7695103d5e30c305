import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Pep } from '../../../pdp/core/service.ts'
import { createConcurrencyLimit } from '../../../pdp/doors/concurrency-limit.ts'
import { type CheckServer, startCheckServer } from '../../support/check-calls.ts'
import { createInProcessDoor, type InProcessDoor } from '../../../pdp/embed/in-process-door.ts'
import {
  createTestDecisionPoint,
  gatewayKey,
  keyedGateway,
  type TestDecisionPoint,
} from '../../support/decision-point.ts'
import { eventually } from '../../support/eventually.ts'
import { authorizeBytes, sendRaw, startTestServer, type TestServer } from '../../support/http.ts'
import { type HttpAuthzListener, startHttpAuthz } from '../../support/http-authz.ts'
import {
  accessToken,
  bearer,
  boundToken,
  clientKey,
  dpopProof,
  strangerKey,
  svid,
  wit,
  withWpt,
  wpt,
} from '../../support/world.ts'

// Promise 9: the same ask gives the same decision through every door. One table, asked at every door of one decision
// point, and from its own process: what the caller sent, and what is recorded of it.

type Headers = Readonly<Record<string, string>>

interface Asked {
  readonly method?: string
  readonly path?: string
  /** Made anew for each door: proofs are good once. */
  readonly headers?: () => Headers
  /** Asked twice with the very same headers; the second answer counts. */
  readonly twice?: boolean
}

type Row = readonly [name: string, code: string, asked: Asked]

const token =
  (claims: Readonly<Record<string, unknown>> = {}) =>
  () =>
    bearer(svid({ claims }))
const by = (path: string) => token({ sub: `spiffe://prod.example/ns/${path}` })
const bound = () => svid({ claims: { cnf: { jkt: clientKey.thumbprint } } })
const proved =
  (changes: Parameters<typeof dpopProof>[1] = {}) =>
  (): Headers => {
    const of = bound()
    return { authorization: `DPoP ${of}`, dpop: dpopProof(of, changes) }
  }
const headersOf = (given: Readonly<Record<string, string | readonly string[]>>): Headers =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]))
const at = (path: string): Asked => ({ path, headers: token() })

const table: readonly Row[] = [
  ['a JWT-SVID reads an order', 'ALLOWED', { headers: token() }],
  ['HEAD is reading too', 'ALLOWED', { method: 'HEAD', headers: token() }],
  ['with a query', 'ALLOWED', at('/v1/orders/42?fields=a&fields=b%20c')],
  ['lists orders', 'ALLOWED', at('/v1/orders')],
  ['creates one', 'ALLOWED', { method: 'POST', path: '/v1/orders', headers: token() }],
  ['another workload with the right', 'ALLOWED', { headers: by('shop/sa/reporting') }],
  ['an escape of an unreserved character', 'ALLOWED', at('/v1/orders/%34%32')],
  ['a bound token with its proof', 'ALLOWED', { headers: proved() }],
  ['a WIT with its proof', 'ALLOWED', { headers: () => headersOf(withWpt(wit())) }],
  ['an action without the right', 'POLICY_DENIED', { method: 'DELETE', headers: token() }],
  ['a method that names no action', 'POLICY_DENIED', { method: 'PATCH', headers: token() }],
  ['a workload without rights', 'POLICY_DENIED', { headers: by('shop/sa/stranger') }],
  ['a workload of another namespace', 'POLICY_DENIED', { headers: by('support/sa/console') }],
  ['a resource that needs more assurance', 'POLICY_DENIED', at('/v1/payments/1042')],
  ['a path that names no resource', 'POLICY_DENIED', at('/v2/orders/42')],
  ['the root', 'POLICY_DENIED', at('/')],
  ['the path of a door', 'POLICY_DENIED', at('/authorize/orders')],
  ['no credential', 'CREDENTIAL_MISSING', {}],
  ['an expired token', 'EXPIRED', { headers: token({ iat: 1, exp: 2 }) }],
  ['a token for another service', 'AUDIENCE_REFUSED', { headers: token({ aud: ['https://billing.example.org'] }) }],
  [
    'a signature by a stranger',
    'SIGNATURE_INVALID',
    { headers: () => bearer(svid({ key: { ...strangerKey, jwk: { ...strangerKey.jwk, kid: 'svid-1' } } })) },
  ],
  ['a key nobody knows', 'KEY_UNKNOWN', { headers: () => bearer(svid({ header: { kid: 'none' } })) }],
  [
    'a trust domain nobody knows',
    'ISSUER_UNKNOWN',
    { headers: token({ sub: 'spiffe://evil.example/ns/shop/sa/checkout' }) },
  ],
  ['`alg: none`', 'CREDENTIAL_MALFORMED', { headers: () => bearer(svid({ header: { alg: 'none' } })) }],
  ['no token at all', 'CREDENTIAL_MALFORMED', { headers: () => bearer('a.b.c') }],
  ['a token that ends early', 'CREDENTIAL_REFUSED', { headers: () => bearer(svid().slice(0, -100)) }],
  [
    'two tokens, joined',
    'CREDENTIAL_AMBIGUOUS',
    { headers: () => ({ authorization: `Bearer ${svid()},Bearer ${svid()}` }) },
  ],
  ['an access token in the place of an SVID, with no right', 'POLICY_DENIED', { headers: () => bearer(accessToken()) }],
  ['a bound token without a proof', 'PROOF_REQUIRED', { headers: () => bearer(bound()) }],
  ['a bound access token without a proof', 'PROOF_REQUIRED', { headers: () => bearer(boundToken()) }],
  [
    'a proof for another path',
    'PROOF_INVALID',
    { headers: proved({ claims: { htu: 'https://orders.example.org/v1/orders/43' } }) },
  ],
  ['a proof for another method', 'PROOF_INVALID', { headers: proved({ claims: { htm: 'POST' } }) }],
  ['a proof for another token', 'PROOF_INVALID', { headers: proved({ claims: { ath: 'x' } }) }],
  ['a proof by another key', 'PROOF_INVALID', { headers: proved({ key: strangerKey }) }],
  ['a proof presented twice', 'REPLAYED', { headers: proved(), twice: true }],
  [
    'a WPT by another key',
    'PROOF_INVALID',
    {
      headers: () => {
        const of = wit()
        return headersOf(withWpt(of, wpt(of, { key: strangerKey })))
      },
    },
  ],
  ['`//`', 'PATH_AMBIGUOUS', at('//v1/orders/42')],
  ['`..`', 'PATH_AMBIGUOUS', at('/v1/../v1/orders/42')],
  ['`%2F`', 'PATH_AMBIGUOUS', at('/v1%2Forders/42')],
  ['`;`', 'PATH_AMBIGUOUS', at('/v1/orders/42;x=1')],
  ['`\\`', 'PATH_AMBIGUOUS', at('/v1/orders\\42')],
  ['double encoding', 'PATH_AMBIGUOUS', at('/v1/orders/%2542')],
  ['an escape that is not UTF-8', 'PATH_AMBIGUOUS', at('/v1/%ff/42')],
]

interface Door {
  readonly name: string
  /** As records have it, where that is another. */
  readonly recorded?: string
  /** Whether it was allowed, as the enforcement point reads the answer. */
  ask(method: string, path: string, headers: Headers): Promise<boolean>
}

let point: TestDecisionPoint
let authorize: TestServer
let check: CheckServer
let proxied: HttpAuthzListener
let inProcess: InProcessDoor

beforeAll(async () => {
  const program: Pep = { ...keyedGateway, name: 'program', authentication: { kind: 'embedded' } }
  point = await createTestDecisionPoint({ peps: [keyedGateway, program] })
  authorize = await startTestServer({}, point)
  check = await startCheckServer({}, point)
  const concurrency = createConcurrencyLimit({ maximum: 64, targetMs: 10_000 })
  inProcess = createInProcessDoor({
    current: () => point,
    demo: false,
    bodyBytes: () => 65_536,
    requestRefused: () => undefined,
  })
  proxied = await startHttpAuthz(point, { service: 'orders', concurrency })
})
afterAll(async () => {
  await authorize.close()
  await check.close()
  proxied.close()
})

const doors: readonly Door[] = [
  {
    name: 'authorize',
    async ask(method, path, headers) {
      const request = { method, url: `https://orders.example.org${path}`, headers }
      const { body } = await sendRaw(authorize.port, [authorizeBytes({ body: JSON.stringify({ request }) })])
      return (JSON.parse(body) as { decision: string }).decision === 'allow'
    },
  },
  {
    name: 'in process',
    recorded: 'authorize',
    async ask(method, path, headers) {
      const request = { method, url: `https://orders.example.org${path}`, headers }
      const { decision } = await inProcess.authorize({ request }, { service: 'orders' }, { embedded: {} })
      return decision === 'allow'
    },
  },
  {
    name: 'ext_authz',
    async ask(method, path, headers) {
      const { code } = await check.check({ http: { method, path }, headers })
      return code === 0
    },
  },
  {
    name: 'http_authz',
    async ask(method, path, headers) {
      const lines = Object.entries({ ...headers, 'x-sallyport-pep-key': gatewayKey }).map(
        ([name, value]) => `${name}: ${value}`,
      )
      const head = [`${method} ${path} HTTP/1.1`, 'host: orders.example.org', ...lines, 'connection: close', '', '']
      const { status } = await sendRaw(proxied.port, [Buffer.from(head.join('\r\n'), 'latin1')])
      return status === 200
    },
  },
]

interface Recorded {
  readonly door: string
  readonly effect: string
  readonly code: string
  readonly clause: string
  readonly subject?: unknown
  /** With the reasons that policy gave. */
  readonly questions: unknown
}

const records = () => point.log.lines().map((line) => JSON.parse(line) as Recorded)

/** The decision of one door on a row: what it answered, and what was recorded. */
async function decisionOf(door: Door, { method = 'GET', path = '/v1/orders/42', headers, twice }: Asked) {
  const sent = headers?.() ?? {}
  if (twice) await door.ask(method, path, sent)
  const before = point.log.lines().length
  const allowed = await door.ask(method, path, sent)
  await eventually(() => expect(point.log.lines().length).toBe(before + 1)) // a denial is answered before its record
  const record = records().at(-1)
  if (!record) throw new Error('nothing was recorded')
  const { door: asked, effect, code, clause, subject, questions } = record
  return { allowed, door: asked, effect, code, clause, subject, questions }
}

test('the table has at least 40 asks', () => {
  expect(table.length).toBeGreaterThanOrEqual(40)
})

test.each(table)('%s: %s at every door', async (_, code, asked) => {
  const decisions: Awaited<ReturnType<typeof decisionOf>>[] = []
  for (const door of doors) decisions.push(await decisionOf(door, asked))
  const allowed = code === 'ALLOWED'
  expect(decisions[0]).toMatchObject({ allowed, effect: allowed ? 'allow' : 'deny', code })
  expect(decisions).toEqual(doors.map(({ name, recorded = name }) => ({ ...decisions[0], door: recorded })))
})
