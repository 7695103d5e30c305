import { afterAll, beforeAll, expect, test } from 'vitest'
import { instant } from '../../../pdp/core/time.ts'
import { eventually } from '../../support/eventually.ts'
import { bearer, strangerKey, svid } from '../../support/world.ts'
import { ask, createSite, records, run, send, type Site, usual } from '../process/harness.ts'

// A whole life of a process, read line by line: start, allows, denials of every kind, a reload, one that is refused, the end.

let site: Site
let lines: readonly Record<string, unknown>[]
let said = ''
const secrets: string[] = []

beforeAll(async () => {
  site = await createSite()
  secrets.push(site.key, 'sp_pep_MARKED-of-nobody-0123456789')
  await site.configure({
    log: { decisions: 'all' },
    listen: { ...usual.listen, http_authz: '127.0.0.1:0' },
    http_authz: { convention: 'nginx' },
  })
  const pdp = run(['start'], site.folder, { SALLYPORT_LOG__FORMAT: 'auto' })
  const [, decisions = '', proxied = ''] = await pdp.says(/listening: decisions (\S+) · .*http_authz ([^\s"]+)/)
  expect((await ask(decisions, site.key)).status).toBe(200)
  await exercise(decisions, proxied)
  await site.configure({
    log: { decisions: 'all' },
    limits: { deadline_ms: 900 },
    listen: { ...usual.listen, http_authz: '127.0.0.1:0' },
    http_authz: { convention: 'nginx' },
  })
  pdp.child.kill('SIGHUP')
  await pdp.says(/"config\.in-use"/)
  await site.file('sallyport.yaml', 'services: { orders: { token: MARKED-in-the-configuration-0123456789 } }')
  secrets.push('MARKED-in-the-configuration-0123456789')
  pdp.child.kill('SIGHUP')
  await pdp.says(/"config\.kept"/)
  pdp.child.kill('SIGTERM')
  expect(await pdp.ended()).toBe(0)
  said = pdp.said()
  lines = said
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}, 60_000)
afterAll(() => site.remove())

/** Secrets in every place that a caller has for them. */
async function exercise(decisions: string, proxied: string): Promise<void> {
  const now = instant(Date.now())
  const tokens = [svid({ now }), svid({ now, key: strangerKey }), `${svid({ now })}x`, 'MARKED.opaque.0123456789']
  secrets.push(...tokens, 'MARKED-of-a-query-0123456789', 'MARKED-of-a-header-0123456789')
  for (const token of tokens) {
    await send(decisions, '/authorize/orders', {
      method: 'POST',
      headers: { authorization: `Bearer ${site.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        request: {
          method: 'GET',
          url: 'https://orders.example.org/v1/orders/42?code=MARKED-of-a-query-0123456789',
          headers: { ...bearer(token), 'x-api-key': 'MARKED-of-a-header-0123456789' },
        },
      }),
    })
    const headers = {
      ...bearer(token),
      host: 'orders.example.org',
      'x-sallyport-pep-key': site.key,
      'x-original-method': 'GET',
      'x-original-uri': '/v1/orders/42?code=MARKED-of-a-query-0123456789',
    }
    await send(proxied, '/', { headers })
  }
  await ask(decisions, 'sp_pep_MARKED-of-nobody-0123456789')
}

test('off a terminal every line is an object with a level, a time, an event and a text', () => {
  for (const line of lines) {
    expect(line).toMatchObject({
      level: expect.stringMatching(/^(?:info|warn|error)$/),
      event: expect.any(String),
      msg: expect.any(String),
    })
    expect(line['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  }
  const events = lines.map(({ event }) => event).filter((event) => event !== 'decision')
  expect(events).toEqual(['process.listening', 'config.in-use', 'config.kept', 'process.stopping'])
})

test('with `decisions: all` each decision has a line, under the id of its record', async () => {
  const told = lines.filter(({ event }) => event === 'decision')
  const recorded = (await records(site)).filter(({ kind }) => kind === 'decision')
  expect(told.map(({ decision_id }) => decision_id).toSorted()).toEqual(recorded.map(({ id }) => id).toSorted())
  expect(told).toContainEqual(
    expect.objectContaining({ effect: 'allow', code: 'ALLOWED', door: 'authorize', service: 'orders', pep: 'gateway' }),
  )
  expect(told).toContainEqual(expect.objectContaining({ effect: 'deny', door: 'http_authz' }))
  expect(said).not.toContain('checkout') // who asked, which is not told unless configured
})

test('no secret is in any line; a planted one is found', async () => {
  await eventually(() => expect(said).not.toBe(''))
  const leaks = (text: string) =>
    secrets.filter((secret) =>
      [secret, ...secret.split('.').filter((part) => part.length > 12)].some((part) => text.includes(part)),
    )
  expect(leaks(`${said}${secrets[0]}`)).toEqual([secrets[0]])
  expect(leaks(said)).toEqual([])
})
