import { Client, credentials } from '@grpc/grpc-js'
import { afterEach, expect, test } from 'vitest'
import { instant } from '../../../pdp/core/time.ts'
import { checkPath } from '../../../pdp/doors/ext-authz/check-method.ts'
import { checkBytes, readCheckAnswer } from '../../support/check-messages.ts'
import { bearer, svid } from '../../support/world.ts'
import { ask, callGrpc, createSite, records, send, serve, type Serving, type Site, stop, usual } from './harness.ts'

let site: Site
let serving: Serving
afterEach(async () => {
  await stop(serving)
  await site.remove()
})

async function start(rate: unknown, sections: Readonly<Record<string, unknown>> = {}): Promise<void> {
  site = await createSite()
  await site.configure({ ...usual, ...sections, limits: { rate } })
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
  expect([status, headers['retry-after']]).toEqual([429, waited])
  expect((await ask(serving.decisions, 'sp_pep_not-its-key-0123456789')).status, 'who is unknown uses nothing up').toBe(
    401,
  )
  expect((await send(serving.health, '/livez')).status).toBe(200)
  expect((await send(serving.health, '/readyz')).status).toBe(200)
  const { body } = await send(serving.health, '/metrics')
  expect(body).toContain('sallyport_requests_refused_total{code="RATE_LIMITED"} 2')
  expect(body).toMatch(/^sallyport_asks_limit 512$/m)
  expect(Number(/^sallyport_revocation_age_seconds (\S+)$/m.exec(body)?.[1])).toBeLessThan(5)
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

const everyDoor = {
  listen: { ...usual.listen, ext_authz: '127.0.0.1:0', http_authz: '127.0.0.1:0' },
  http_authz: { convention: 'nginx' },
}

/** What each door answers to whoever asks the next question of the same subject at it. */
async function atEveryDoor() {
  const [, extAuthz = ''] = await serving.says(/ext_authz http:\/\/(\S+)/)
  const [, httpAuthz = ''] = await serving.says(/http_authz (\S+)/)
  const token = bearer(svid({ now: instant(Date.now()) }))
  const grpc = new Client(extAuthz, credentials.createInsecure())
  const check = readCheckAnswer(await callGrpc(grpc, checkPath, checkBytes({ headers: token }), site.key))
  grpc.close()
  const proxied = await send(httpAuthz, '/', {
    headers: {
      ...token,
      host: 'orders.example.org',
      'x-sallyport-pep-key': site.key,
      'x-original-method': 'GET',
      'x-original-uri': '/v1/orders/42',
    },
  })
  return { authorize: await ask(serving.decisions, site.key), check, proxied }
}

test('a subject over its rate is told at every door when the next ask may succeed', async () => {
  await start({ subject: { per_second: 0.1, burst: 3 } }, everyDoor)
  const allowed = await atEveryDoor() // the twin: one ask at each
  expect(JSON.parse(allowed.authorize.body)).toMatchObject({ decision: 'allow', respond: { headers: {} } })
  expect([allowed.check.code, allowed.proxied.status]).toEqual([0, 200])
  const { authorize, check, proxied } = await atEveryDoor()
  expect(JSON.parse(authorize.body)).toMatchObject({
    code: 'SUBJECT_RATE_LIMITED',
    respond: { status: 429, headers: { 'retry-after': waited } },
  })
  expect(check).toMatchObject({ http: 429, headers: { 'retry-after': waited } })
  // proxies of this kind take anything but 401 and 403 for a fault
  expect(proxied).toMatchObject({ status: 403, headers: { 'retry-after': waited } })
})

test('an enforcement point over its rate is told at the doors of proxies too', async () => {
  await start({ pep: { per_second: 0.1, burst: 3 } }, everyDoor)
  await atEveryDoor()
  const { authorize, check, proxied } = await atEveryDoor()
  expect(authorize).toMatchObject({ status: 429, headers: { 'retry-after': waited } })
  expect(check).toMatchObject({ http: 429, headers: { 'retry-after': waited } })
  expect(proxied).toMatchObject({ status: 403, headers: { 'retry-after': waited } })
})

/** A token each ten seconds, less what has passed on a machine that is slow. */
const waited: unknown = expect.stringMatching(/^(?:10|[5-9])$/)

/** A token with the name of the checkout workload, and a signature that is not its issuer's. */
function forged(): string {
  const [header = '', claims = '', signature = ''] = svid({ now: instant(Date.now()) }).split('.')
  return [header, claims, Buffer.from(signature, 'base64url').reverse().toString('base64url')].join('.')
}
