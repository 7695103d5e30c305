import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { type AddressInfo } from 'node:net'
import { join } from 'node:path'
import express, { type Express } from 'express'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { read, root } from '../../architecture/project.ts'
import { type DemoProcess, freePorts, runSallyport, untilWelcome } from './demo-process.ts'

const readme = read('README.md')

describe('the lines for Express', () => {
  let demo: DemoProcess
  let welcome = ''

  beforeAll(async () => {
    demo = runSallyport(['start', '--demo', ...freePorts])
    welcome = await untilWelcome(demo)
  })
  afterAll(() => demo.stop())

  /** An Express service that README's lines guard. Answers what it replies to a caller with these headers. */
  async function ask(path: string, headers: Readonly<Record<string, string>>, decisions?: string) {
    const [, own = ''] = /decisions +(\S+)/.exec(welcome) ?? []
    const [, key = ''] = /Bearer (sp_pep_[\w-]+)/.exec(welcome) ?? []
    const [, code = ''] = /```js\n([^]*?)```/.exec(readme) ?? []
    const module = `export function guard(app, key) {\n${code.replace('http://127.0.0.1:7070/authorize/orders', decisions ?? own)}}`
    const { guard } = (await import(`data:text/javascript,${encodeURIComponent(module)}`)) as {
      guard: (app: Express, key: string) => void
    }
    const app = express()
    app.set('env', 'test') // its own answer to an error is not printed
    guard(app, key)
    app.use((_, response) => void response.send('an order'))
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo // it listens on TCP
    const reply = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
    server.close()
    return [reply.status, await reply.text(), reply.headers.get('www-authenticate') ?? ''] as const
  }

  const tokens = () =>
    [...welcome.matchAll(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g)].map(([token]) => ({
      authorization: `Bearer ${token}`,
    }))

  test('let through what is allowed', async () => {
    expect(await ask('/v1/orders/42', tokens()[0] ?? {})).toEqual([200, 'an order', ''])
  })

  test('answer what a deny says', async () => {
    expect(await ask('/v1/orders/42', tokens()[1] ?? {})).toEqual([403, 'Forbidden', ''])
    expect(await ask('/v1/payments/1042', tokens()[2] ?? {})).toMatchObject([
      401,
      'Unauthorized',
      expect.stringMatching(/^DPoP error=/),
    ])
    expect(await ask('/v1/orders/42', {})).toMatchObject([401, 'Unauthorized', expect.stringMatching(/^Bearer, DPoP/)])
  })

  test('let nothing through where nobody answers, or the key is not known', async () => {
    const [closed] = await ask('/v1/orders/42', tokens()[0] ?? {}, 'http://127.0.0.1:1/authorize/orders')
    expect(closed).toBe(500)
    const [, own = ''] = /decisions +(\S+)/.exec(welcome) ?? []
    expect((await ask('/v1/orders/42', tokens()[0] ?? {}, `${own}-of-nobody`))[0]).toBe(503)
  })
})

test('every file that README links to is there', () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)/g)].map(([, path = '']) => path)
  expect(links.length).toBeGreaterThan(15)
  expect(links.filter((path) => !existsSync(join(root, path)))).toEqual([])
})

test('README is short', () => {
  expect(readme.split('\n').length).toBeLessThanOrEqual(150)
})
