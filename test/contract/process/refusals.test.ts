import { createServer } from 'node:net'
import { once } from 'node:events'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSite, type Run, run, serve, type Site, stop, usual } from './harness.ts'

let site: Site
const running: Run[] = []
beforeEach(async () => {
  site = await createSite()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map(stop))
  await site.remove()
})

async function refused(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const process = run(args, site.folder, environment)
  running.push(process)
  return { code: await process.ended(), said: process.said() }
}

test('without a configuration: one line that says what to do', async () => {
  const { code, said } = await refused(['start', '--config', 'absent.yaml'])
  expect([code, said]).toEqual([3, 'absent.yaml: cannot be read: ENOENT\n'])
  await rename(join(site.folder, 'sallyport.yaml'), join(site.folder, 'away.yaml'))
  const none = await refused(['start'])
  expect(none.code).toBe(3)
  expect(none.said).toMatch(/^no configuration: .*\n$/)
})

describe('start refuses, and says why; without the defect it serves', () => {
  const rows: readonly (readonly [string, Readonly<Record<string, unknown>>, RegExp])[] = [
    ['0.0.0.0 without TLS', { listen: { ...usual.listen, decisions: '0.0.0.0:0' } }, /^listen.decisions: needs `tls`/],
    [
      'the network and anyone',
      { tls: 'off', listen: { ...usual.listen, decisions: '0.0.0.0:0' }, peps: { gateway: { none: true } } },
      /^peps.gateway: `none`/,
    ],
    [
      'tokens of everybody on GitHub',
      { trust: [{ issuer: 'https://token.actions.githubusercontent.com', profiles: ['github-actions'] }] },
      /^trust.0: .*pin one of `pins.repository_owner_id`/,
    ],
    ['records in memory', { audit: { mode: 'memory' } }, /^audit.mode: `memory` loses records/],
    [
      'a Workload API that is not there',
      { tls: { spiffe: 'unix:absent.sock' } },
      /^tls: workload api: no connection: ENOENT/,
    ],
    [
      'authorities of a bundle endpoint that are not there',
      {
        trust: [
          {
            spiffe: 'prod.example',
            from: 'https://spiffe.example/bundle',
            endpoint: { profile: 'https_web', ca: 'file:absent.pem' },
          },
        ],
      },
      /^trust: prod.example: endpoint.ca cannot be read \(ENOENT\)/,
    ],
    [
      'a secret that workers do not find',
      { workers: 2, fleet: { redis: 'rediss://redis', secret: 'file:absent-secret' } },
      /absent-secret cannot be read \(ENOENT\)/,
    ],
    [
      'proxies that could not be known',
      { peps: { gateway: { bearer: 'file:gateway.key', vouch: { xfcc_from: ['spiffe://a.example/b'] } } } },
      /^peps.gateway: needs vouch.peer_certificate/,
    ],
    [
      'a file of keys that is not there',
      { peps: { gateway: { bearer: 'file:absent.key' } } },
      /absent.key cannot be read \(ENOENT\); make it with: sallyport pep add gateway/,
    ],
    [
      'a certificate that is not there',
      { tls: { cert: 'file:absent.pem', key: 'file:absent.key' } },
      /absent.pem cannot be read \(ENOENT\)/,
    ],
    [
      'a socket path that is too long',
      { listen: { ...usual.listen, decisions: `unix:${'x'.repeat(120)}` } },
      /longer than 107 bytes/,
    ],
  ]
  test('the twin of them all', async () => {
    const pdp = await serve(site)
    running.push(pdp)
    expect(pdp.said()).not.toMatch(/not ready/)
  })
  test.for(rows)('%s', async ([, sections, says]) => {
    await site.configure(sections)
    const { code, said } = await refused(['start'])
    expect(said).toMatch(says)
    expect(code).toBe(3)
    const checked = await refused(['config', 'check'])
    if (!/cannot be read|longer than|no connection/.test(says.source))
      expect([checked.code, checked.said]).toEqual([3, said])
  })
})

test('an address that is in use', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await site.configure({ listen: { ...usual.listen, decisions: `127.0.0.1:${port}` } })
  const { code, said } = await refused(['start'])
  other.close()
  expect([code, said]).toEqual([3, `127.0.0.1:${port}: is in use: stop what listens there, or name another address\n`])
})

test('a file in the place of a socket is left alone', async () => {
  await writeFile(join(site.folder, 'pdp.sock'), 'precious')
  await site.configure({ listen: { ...usual.listen, decisions: 'unix:pdp.sock' } })
  const { code, said } = await refused(['start'])
  expect(code).toBe(3)
  expect(said).toMatch(/pdp.sock: is a file that is no socket/)
})

test('a socket that another process answers on is left alone', async () => {
  await site.configure({ listen: { ...usual.listen, decisions: 'unix:pdp.sock' } })
  const other = createServer().listen(join(site.folder, 'pdp.sock'))
  await once(other, 'listening')
  const { code, said } = await refused(['start'])
  other.close()
  expect(code).toBe(3)
  expect(said).toMatch(/pdp.sock: is in use by another process/)
})
