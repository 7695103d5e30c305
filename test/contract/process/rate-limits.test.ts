import { afterEach, expect, test } from 'vitest'
import { instant } from '../../../pdp/core/time.ts'
import { svid } from '../../support/world.ts'
import { ask, createSite, records, send, serve, type Serving, type Site, stop, usual } from './harness.ts'

let site: Site
let serving: Serving
afterEach(async () => {
  await stop(serving)
  await site.remove()
})

async function start(rate: unknown): Promise<void> {
  site = await createSite()
  await site.configure({ ...usual, limits: { rate } })
  serving = await serve(site)
}

const outcomes = async (n: number): Promise<readonly string[]> => {
  const codes: string[] = []
  for (let i = 0; i < n; i++)
    codes.push((JSON.parse((await ask(serving.decisions, site.key)).body) as { code: string }).code)
  return codes
}

test('an enforcement point that asks more often than it may: 429 before its body is read; health stays green', async () => {
  await start({ pep: { per_second: 0.1, burst: 3 } })
  expect(await outcomes(4)).toEqual(['ALLOWED', 'ALLOWED', 'ALLOWED', 'RATE_LIMITED'])
  const { status, headers } = await ask(serving.decisions, site.key)
  expect([status, headers['retry-after']]).toEqual([429, '1'])
  expect((await ask(serving.decisions, 'sp_pep_not-its-key-0123456789')).status, 'who is unknown uses nothing up').toBe(
    401,
  )
  expect((await send(serving.health, '/livez')).status).toBe(200)
  expect((await send(serving.health, '/readyz')).status).toBe(200)
})

test('a subject that asks more often than it may: a recorded decision, and whoever only claims its name takes nothing', async () => {
  await start({ subject: { per_second: 0.1, burst: 2 } })
  for (let i = 0; i < 5; i++) {
    const { body } = await send(serving.decisions, '/authorize/orders', {
      method: 'POST',
      headers: { authorization: `Bearer ${site.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        request: {
          method: 'GET',
          url: 'https://orders.example.org/v1/orders/42',
          headers: { authorization: `Bearer ${forged()}` },
        },
        action: { name: 'read' },
        resource: { type: 'order', id: '42' },
      }),
    })
    expect((JSON.parse(body) as { code: string }).code).toBe('SIGNATURE_INVALID')
  }
  expect(await outcomes(3)).toEqual(['ALLOWED', 'ALLOWED', 'SUBJECT_RATE_LIMITED'])
  const reply = JSON.parse((await ask(serving.decisions, site.key)).body) as { respond: { status: number } }
  expect(reply.respond.status).toBe(429)
  // a deny is answered before its record is there
  const limited = async () => (await records(site)).filter(({ code }) => code === 'SUBJECT_RATE_LIMITED').length
  await expect.poll(limited, { timeout: 5_000 }).toBe(2)
})

/** A token with the name of the checkout workload, and a signature that is not its issuer's. */
function forged(): string {
  const [header = '', claims = '', signature = ''] = svid({ now: instant(Date.now()) }).split('.')
  return [header, claims, Buffer.from(signature, 'base64url').reverse().toString('base64url')].join('.')
}
