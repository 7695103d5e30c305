import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { expect, test } from 'vitest'
import { createConcurrencyLimit } from '../../../pdp/doors/concurrency-limit.ts'
import { gatewayKey } from '../../support/decision-point.ts'
import { startTestServer, testLimits } from '../../support/http.ts'
import { clientKey, dpop, svid } from '../../support/world.ts'

const parallel = 50
const rounds = 100

test('50 parallel presentations of one proof over 50 connections: one allow, a hundred rounds', {
  timeout: 120_000,
}, async () => {
  const server = await startTestServer({
    concurrency: createConcurrencyLimit({ maximum: 200, targetMs: 10_000 }),
    limits: { ...testLimits, requestTimeoutMs: 10_000, headersTimeoutMs: 5_000 },
  })
  const agent = new Agent({ keepAlive: true, maxSockets: parallel })
  let connections = 0
  server.server.on('connection', () => connections++)

  async function present(body: string): Promise<string> {
    const sent = request({
      agent,
      port: server.port,
      method: 'POST',
      path: '/authorize/orders',
      headers: { authorization: `Bearer ${gatewayKey}`, 'content-type': 'application/json' },
    })
    sent.end(body)
    const [reply] = (await once(sent, 'response')) as [NodeJS.ReadableStream]
    let text = ''
    for await (const chunk of reply) text += String(chunk)
    return (JSON.parse(text) as { code: string }).code
  }

  const token = svid({ claims: { cnf: { jkt: clientKey.thumbprint } } })
  for (let round = 0; round < rounds; round++) {
    const body = JSON.stringify({
      request: { method: 'GET', url: 'https://orders.example.org/v1/orders/42', headers: dpop(token) },
      action: { name: 'read' },
      resource: { type: 'order', id: '42' },
    })
    const codes = await Promise.all(Array.from({ length: parallel }, () => present(body)))
    expect(codes.filter((code) => code === 'ALLOWED')).toHaveLength(1)
    expect(codes.filter((code) => code === 'REPLAYED')).toHaveLength(parallel - 1)
  }
  expect(connections).toBe(parallel)
  agent.destroy()
  await server.close()
})
