import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSite, send, type Serving, serve, type Site, stop } from '../contract/process/harness.ts'
import { root } from '../architecture/project.ts'

// What `/openapi.json` says of the decisions listener, held to by schemathesis with random requests, good and bad. With
// SALLYPORT_EXAMPLES=5000 there are some ten thousand of them; SALLYPORT_SEED chooses others.

const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'unsupported_method',
]
const home = join(root, 'build', 'peers', 'schemathesis')

// 413 is how what is too long is refused, which schemathesis does not know by itself
const settings = `[checks]
negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "405", "413", "415", "429"]
`

let site: Site
let pdp: Serving
beforeAll(async () => {
  site = await createSite()
  await site.configure()
  await site.file('schemathesis.toml', settings)
  pdp = await serve(site)
})
afterAll(async () => {
  await stop(pdp)
  await site.remove()
})

/** Sends so many requests for each operation; `cases` is how many it sent. */
const judge = (decisions: string, examples: number, phases = 'coverage,fuzzing') =>
  new Promise<{ readonly code: unknown; readonly cases: number; readonly says: string }>((resolve) => {
    const options = [
      '--checks',
      checks.join(','),
      '--max-examples',
      String(examples),
      '--seed',
      process.env['SALLYPORT_SEED'] ?? '7',
      '--no-color',
      '--no-shrink',
    ]
    const where = [`${pdp.health}/openapi.json`, '--url', decisions, '--header', `Authorization: Bearer ${site.key}`]
    const args = [join(home, 'bin', 'st'), 'run', ...where, ...options, '--phases', phases]
    const env = { ...process.env, PYTHONPATH: home }
    execFile('python3', args, { env, cwd: site.folder, timeout: 1_500_000 }, (error, stdout, stderr) => {
      const says = stdout + stderr
      resolve({ code: error === null ? 0 : error.code, cases: Number(/(\d+) generated/.exec(says)?.[1] ?? 0), says })
    })
  })

describe('the description of the decisions listener', () => {
  test('is broken by a member that it does not describe, and that is found', async () => {
    const server = createServer((message, response) => {
      const pieces: Buffer[] = []
      message.on('data', (piece: Buffer) => pieces.push(piece))
      message.on('end', () => {
        const headers = Object.fromEntries(
          Object.entries(message.headers).filter(([name]) => name !== 'content-length'),
        )
        const asked = { method: message.method ?? '', headers, body: Buffer.concat(pieces).toString('latin1') }
        send(pdp.decisions, message.url ?? '', asked).then(
          (reply) => {
            const body =
              reply.status === 200 ? JSON.stringify({ ...(JSON.parse(reply.body) as object), more: 1 }) : reply.body
            response.writeHead(reply.status, { ...reply.headers, 'content-length': Buffer.byteLength(body) }).end(body)
          },
          () => response.destroy(),
        )
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo // it listens on TCP
    const found = await judge(`http://127.0.0.1:${port}`, 1, 'coverage')
    server.closeAllConnections()
    server.close()
    expect(found.code, found.says).toBe(1)
    expect(found.says).toMatch(/violates schema|Response violates/i)
  })

  test('is kept: no status, header or body that it does not say, and no 5xx', { timeout: 1_600_000 }, async () => {
    const { code, cases, says } = await judge(pdp.decisions, Number(process.env['SALLYPORT_EXAMPLES'] ?? 50))
    console.log(`schemathesis: ${cases} requests`)
    expect(code, says).toBe(0)
    expect(cases).toBeGreaterThan(300)
  })

  test('can be read without scripts', async () => {
    const page = await send(pdp.health, '/openapi')
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
    expect(page.body).not.toMatch(/<script|src=|@import|url\(/)
    expect(page.body).toContain('POST /authorize/{service}')
  })
})
