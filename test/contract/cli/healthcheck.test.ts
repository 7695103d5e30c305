import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createServer as createRawServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { main } from '../../../pdp/cli/operate/probe.ts'
import { createHealthServer } from '../../../pdp/process/health-server.ts'
import type { Readiness } from '../../../pdp/process/readiness.ts'

const ready: Readiness = { ready: true, demo: false, checks: [{ name: 'audit', ok: true, detail: 'writable' }] }
const notReady: Readiness = {
  ready: false,
  demo: false,
  checks: [
    { name: 'process', ok: true, detail: 'running' },
    { name: 'trust prod.example', ok: false, detail: 'no keys yet' },
    { name: 'audit', ok: false, detail: 'cannot be\u001b[2J written' },
  ],
}

let folder: string
let now: Readiness = ready
const servers: { close(): unknown }[] = []

/** The real health listener, at a port or a socket. */
async function listening(path?: string): Promise<string> {
  const server = createHealthServer({
    readiness: () => now,
    metrics: async () => '',
  })
  return started(server, path)
}

async function started(server: Server | ReturnType<typeof createRawServer>, path?: string): Promise<string> {
  servers.push(server)
  if (path === undefined) server.listen(0, '127.0.0.1')
  else server.listen(path)
  await once(server, 'listening')
  return path === undefined ? `127.0.0.1:${(server.address() as AddressInfo).port}` : `unix:${path}` // it listens on TCP
}

async function healthcheck(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  let out = ''
  let said = ''
  const terminal = {
    out: (text: string) => void (out += text),
    say: (line: string) => void (said += line),
    environment,
    randomBytes: () => new Uint8Array(),
  }
  return { code: await main(['healthcheck', ...args], terminal), out, said }
}

let port: string
let socket: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-healthcheck-'))
  port = await listening()
  socket = await listening(join(folder, 'health.sock'))
})
afterAll(async () => {
  for (const server of servers) server.close()
  await rm(folder, { recursive: true })
})

describe('says whether it is ready', () => {
  test.for([
    ['a URL', () => ['--url', `http://${port}`]],
    ['an address', () => ['--url', port]],
    ['a socket', () => ['--url', socket]],
  ] as const)('at %s', async ([, args]) => {
    now = ready
    expect(await healthcheck(args())).toMatchObject({
      code: 0,
      said: '',
      out: expect.stringMatching(/^ready \(.*\)\n$/),
    })
    now = notReady
    const { code, out } = await healthcheck(args())
    expect(code).toBe(1)
    expect(out).toMatch(/^not ready: trust prod\.example: no keys yet, audit: cannot be +\[2J written \(.*\)\n$/)
    expect(await healthcheck([...args(), '--live'])).toMatchObject({ code: 0, out: expect.stringMatching(/^alive /) })
  })

  test('as JSON', async () => {
    now = ready
    const { code, out } = await healthcheck(['--url', port, '--json'])
    expect({ code, ...(JSON.parse(out) as object) }).toEqual({ code: 0, ok: true, at: port, detail: 'ready' })
  })
})

describe('finds the listener in a configuration', () => {
  const file = async (text: string) => {
    await writeFile(join(folder, 'sallyport.yaml'), text)
    return ['--config', join(folder, 'sallyport.yaml')]
  }
  test('that needs nothing else to be right, secrets least of all', async () => {
    now = ready
    const secrets = 'fleet: { redis: rediss://redis.example:6379, secret: "env:NOT_THERE" }\nnonsense: true\n'
    const args = await file(`${secrets}listen: { health: "unix:health.sock" }\n`)
    expect(await healthcheck(args)).toMatchObject({ code: 0, said: '' })
    expect(await healthcheck(args, { SALLYPORT_LISTEN__HEALTH: port })).toMatchObject({
      code: 0,
      out: `ready (${port})\n`,
    })
    expect(await healthcheck([...args, '--set', `listen.health=${port}`])).toMatchObject({ out: `ready (${port})\n` })
  })

  test('that says nothing of it, where it usually is', async () => {
    const { out } = await healthcheck([...(await file('services: {}\n')), '--timeout', '500'])
    expect(out).toContain('(127.0.0.1:7071)')
  })

  test.for([
    ['0.0.0.0:PORT', '127.0.0.1:PORT'],
    ['"[::]:PORT"', '[::1]:PORT'],
  ] as const)('that listens on %s, at %s', async ([given, asked]) => {
    const own = port.split(':')[1] ?? ''
    const { out } = await healthcheck(await file(`listen: { health: ${given.replace('PORT', own)} }\n`))
    expect(out).toContain(`(${asked.replace('PORT', own)})`)
  })

  test.for([
    ['is not there', ['--config', 'nowhere.yaml'], /cannot be read: ENOENT/],
    ['is not YAML', 'a: [', /not readable as YAML/],
    ['has an address that is none', 'listen: { health: everywhere }', /listen\.health: must be/],
    ['chooses the port', 'listen: { health: "127.0.0.1:0" }', /--url/],
  ] as const)('and says that it %s', async ([, given, why]) => {
    const { code, out, said } = await healthcheck(typeof given === 'string' ? await file(given) : given)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(said).toMatch(why)
  })
})

describe('is 1 where', () => {
  const answering = (status: number, body = ''): Promise<string> =>
    started(
      createServer((_, response) => {
        response.writeHead(status).end(body)
      }),
    )
  test.for([
    ['nobody listens', async (): Promise<string> => 'unix:/nowhere/health.sock', /cannot be reached \(ENOENT\)/],
    ['something else listens', () => answering(404), /status 404: is this the health listener/],
    ['it redirects', () => answering(302), /status 302/],
    ['what it says cannot be read', () => answering(503, 'not json'), /^not ready \(/],
    ['nothing is answered in time', () => started(createRawServer()), /no answer within 300 ms/],
    [
      'an answer does not end in time',
      () =>
        started(
          createServer((_, response) => {
            response.writeHead(200).write('{')
          }),
        ),
      /no answer within 300 ms/,
    ],
    [
      'another protocol is spoken',
      () => started(createRawServer((socket) => void socket.end('SSH-2.0-OpenSSH\r\n'))),
      /cannot be reached \(HPE_INVALID_CONSTANT\)/,
    ],
  ] as const)('%s', async ([, place, why]) => {
    const { code, out, said } = await healthcheck([
      '--url',
      await place(),
      ...(/300 ms/.test(why.source) ? ['--timeout', '300'] : []),
    ])
    expect({ code, said }).toEqual({ code: 1, said: '' })
    expect(out).toMatch(why)
  })
})

test.for([
  [['--live', '--ready'], /not both/],
  [['--timeout', 'soon'], /milliseconds/],
  [['--url', 'https://127.0.0.1:7071'], /must be http/],
  [['--url', 'http://user:pass@127.0.0.1:7071'], /must be http/],
  [['--url', 'unix:'], /must be http/],
] as const)('%j is 64', async ([args, why]) => {
  const { code, out, said } = await healthcheck(args)
  expect({ code, out }).toEqual({ code: 64, out: '' })
  expect(said).toMatch(why)
})
