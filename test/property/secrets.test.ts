import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFirstGate } from '../support/first-gate.ts'
import { authorizeBytes, sendRaw, startTestServer, type TestServer } from '../support/http.ts'
import { accessToken, boundToken, createAsk, dpopProof, strangerKey, svid } from '../support/world.ts'
import { apiKey, basic, clientSecret, secretForm } from '../support/clients.ts'

// Promise 6: a token, key or proof never appears in a log, error, metric or audit record. Marked secrets go through every
// way an ask can be refused, and are looked for in all that comes out.

let server: TestServer
const refusedCodes = new Map<string, number>()

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(async () => server.close())

const mark = fc.stringMatching(/^MARK[0-9A-Za-z]{20}$/)

/** What a caller or PEP may send, with the texts in it that must never come out. */
interface Sent {
  readonly headers?: Record<string, string | readonly string[]>
  readonly credentials?: readonly { readonly type: string; readonly token: string }[]
  readonly key?: string
  readonly secrets: readonly string[]
}

/** The parts of a token that give it away: its whole, its payload, its signature. */
const parts = (token: string): string[] => [token, ...token.split('.').slice(1)].filter((part) => part.length > 12)

const ways: readonly ((mark: string) => Sent)[] = [
  (mark) => ({ headers: { authorization: `Bearer ${mark}` }, secrets: [mark] }),
  (mark) => ({ headers: { authorization: `Basic ${mark}` }, secrets: [mark] }),
  (mark) => ({ headers: { authorization: `${mark} ${mark}` }, secrets: [mark] }),
  (mark) => ({ headers: { authorization: `Bearer a.${mark}.b` }, secrets: [mark] }),
  (mark) => ({ headers: { authorization: [`Bearer ${mark}`, `Bearer ${mark}`] }, secrets: [mark] }),
  (mark) => ({ headers: { 'x-api-key': mark }, secrets: [mark] }),
  (mark) => ({ headers: { 'workload-identity-token': mark }, secrets: [mark] }),
  (mark) => ({ headers: { 'x-forwarded-client-cert': `Hash=${mark};Cert="${mark}"` }, secrets: [mark] }),
  (mark) => ({ headers: { signature: mark, 'signature-input': mark }, secrets: [mark] }),
  (mark) => ({ credentials: [{ type: 'bearer', token: mark }], secrets: [mark] }),
  (mark) => ({ credentials: [{ type: mark, token: mark }], secrets: [mark] }),
  (mark) => ({
    headers: { authorization: `Basic ${basic('checkout', mark)}` },
    secrets: [mark, basic('checkout', mark)],
  }),
  (mark) => ({ credentials: [{ type: 'client-secret', token: secretForm('checkout', mark) }], secrets: [mark] }),
  () => ({ headers: { 'x-api-key': apiKey.text }, secrets: [apiKey.text, apiKey.secret] }), // known here
  () => ({
    headers: { authorization: `Basic ${basic('checkout', clientSecret.secret)}` }, // known here
    secrets: [clientSecret.secret, basic('checkout', clientSecret.secret)],
  }),
  (mark) => ({ key: `sp_pep_${mark}`, secrets: [mark] }),
  ...[
    { claims: { jti: 'x', exp: 'soon' } },
    { claims: { exp: 1 } },
    { claims: { aud: 'https://other.example' } },
    { claims: { iss: 'https://other.example' } },
    { header: { kid: 'MARKED-KID-0123456789' } },
    { header: { alg: 'HS256' } },
    { key: strangerKey },
    { header: { typ: 'other' } },
    { claims: { cnf: { jkt: 'MARKED-JKT-0123456789' } } },
  ].map((change) => (mark: string): Sent => {
    const token = accessToken({ ...change, claims: { secret: mark, ...change.claims } })
    return { headers: { authorization: `Bearer ${token}` }, secrets: [mark, ...parts(token)] }
  }),
  (mark) => {
    const token = svid({ claims: { secret: mark } }) // allowed
    return { headers: { authorization: `Bearer ${token}` }, secrets: [mark, ...parts(token)] }
  },
  (mark) => {
    const token = boundToken({ claims: { secret: mark } })
    const proof = dpopProof(token, { claims: { jti: mark, htm: 'PUT' } })
    return {
      headers: { authorization: `DPoP ${token}`, dpop: proof },
      secrets: [mark, ...parts(token), ...parts(proof)],
    }
  },
]

test('marked secrets never come out', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(mark, fc.constantFrom(...ways), async (marked, way) => {
      const { headers = {}, credentials, key, secrets } = way(marked)
      const body = JSON.stringify({
        request: { method: 'GET', url: 'https://orders.example.org/v1/orders/42', headers },
        action: { name: 'read' },
        resource: { type: 'order', id: '42' },
        ...(credentials && { credentials }),
      })
      const reply = await sendRaw(server.port, [authorizeBytes({ body, ...(key !== undefined && { key }) })])
      const { code } = JSON.parse(reply.body) as { code: string }
      refusedCodes.set(code, (refusedCodes.get(code) ?? 0) + 1)
      const gate = await createFirstGate()(createAsk({ headers, ...(credentials && { credentials }) }))
      const refusal = gate.ok ? '' : JSON.stringify(gate)
      const out = [reply.body, ...[...reply.headers].flat(), refusal, ...server.point.log.lines()].join('\n')
      for (const secret of secrets) expect(out.includes(secret), `a secret of ${code} came out`).toBe(false)
    }),
    { numRuns: 300 },
  )
  console.log(`marked secrets: ${[...refusedCodes].map(([code, n]) => `${code} ${n}`).join(', ')}`)
  expect(refusedCodes.size).toBeGreaterThan(10)
})

test('the search finds a planted secret', () => {
  const token = svid()
  expect([`{"detail":"${token}"}`].join('\n').includes(parts(token)[0] ?? '-')).toBe(true)
})
