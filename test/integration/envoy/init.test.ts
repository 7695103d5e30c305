import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { EventEmitter } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { instant } from '../../../pdp/core/time.ts'
import { main } from '../../../pdp/cli/main.ts'
import { run, type Run, send, stop } from '../../contract/process/harness.ts'
import { eventually } from '../../support/eventually.ts'
import { bearer, svid, svidKey, trustDomain } from '../../support/world.ts'
import { type Envoy, startEnvoyWith, startUpstream, type Upstream } from './envoy.ts'

// `sallyport init --envoy`, carried through as its own comments say, with a real Envoy before it.

let folder: string
let upstream: Upstream
const running: Run[] = []
const envoys: Envoy[] = []
beforeAll(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'sallyport-init-')), 'notes')
  upstream = await startUpstream()
})
afterAll(async () => {
  await Promise.all([...running.map(stop), ...envoys.map((envoy) => envoy.close()), upstream.close()])
  await rm(folder, { recursive: true })
})

const at = (path: string) => join(folder, path)
const say = async (...args: readonly string[]): Promise<number> =>
  main(args, { out: () => undefined, say: () => undefined } as never, new EventEmitter() as never) // they use no more

/** Changes a file; throws where there is nothing to change. */
async function change(path: string, ...pairs: readonly (readonly [string | RegExp, string])[]): Promise<void> {
  let text = await readFile(at(path), 'utf8')
  for (const [from, to] of pairs) {
    if (text.replace(from, to) === text) throw new Error(`${path} has no ${from}`)
    text = text.replace(from, to)
  }
  await writeFile(at(path), text)
}

async function start(): Promise<void> {
  await Promise.all(running.splice(0).map(stop))
  const started = run(['start'], folder)
  running.push(started)
  await started.says(/ext_authz unix:/)
}

const now = () => instant(Date.now())
const token = (namespace: string) =>
  bearer(
    svid({
      now: now(),
      claims: { sub: `spiffe://${trustDomain}/ns/${namespace}/sa/any`, aud: ['https://notes.example.org'] },
    }),
  )

test('the template is the shipped example', async () => {
  const shipped = fileURLToPath(new URL('../../../deploy/envoy/envoy.yaml', import.meta.url))
  const held = fileURLToPath(new URL('../../../pdp/cli/author/templates/envoy.yaml', import.meta.url))
  expect(await readFile(held, 'utf8')).toBe(await readFile(shipped, 'utf8'))
})

test('from nothing to a proxy that is tried out, and then enforces', async () => {
  expect(await say('init', folder, '--envoy')).toBe(0)
  expect(await say('test', at('bundles/notes.yaml'))).toBe(0)
  expect(await say('build', at('bundles/notes.yaml'))).toBe(0)
  expect(await say('keygen', at('signer'))).toBe(0)
  expect(await say('sign', at('bundles/dist/notes.tar.gz'), '--key', at('signer.key'))).toBe(0)
  expect(await say('doctor', '--envoy', at('envoy.yaml'))).toBe(0)

  // what is the user's own: who issues tokens, and where things listen
  await writeFile(at('trust.json'), JSON.stringify({ keys: [svidKey.jwk] }))
  await change(
    'sallyport.yaml',
    [
      /  - \{ issuer: .*\n/,
      `  - { spiffe: ${trustDomain}, from: file:trust.json, environment: production, path: '/ns/{namespace}/sa/{service_account}' }\n`,
    ],
    ['listen:\n', "listen:\n  decisions: '127.0.0.1:0'\n  health: '127.0.0.1:0'\n"],
  )
  await change(
    'envoy.yaml',
    ['port_value: 9901', 'port_value: 0'],
    ['port_value: 8000', 'port_value: 0'],
    ['port_value: 8080', `port_value: ${upstream.port}`],
    ['path: ext-authz.sock', `path: ${at('ext-authz.sock')}`],
  )
  await start()
  const text = await readFile(at('envoy.yaml'), 'utf8')
  const envoy = await startEnvoyWith((accessLog) =>
    text
      .replace('name: envoy.access_loggers.stderr', 'name: envoy.access_loggers.file')
      .replace('access_loggers.stream.v3.StderrAccessLog', 'access_loggers.file.v3.FileAccessLog')
      .replace(/^( *)log_format:/m, `$1path: ${accessLog}\n$1log_format:`),
  )
  envoys.push(envoy)
  const ask = async (headers: Readonly<Record<string, string>>, method = 'GET') =>
    (
      await send(`http://127.0.0.1:${envoy.port}`, '/notes/1', {
        method,
        headers: { ...headers, host: 'notes.example.org' },
      })
    ).status

  expect(await ask({ 'x-sallyport-subject': 'spoofed' })).toBe(200)
  expect(upstream.received.at(-1)?.headers['x-sallyport-subject']).toBeUndefined()
  expect(await ask(token('shop'))).toBe(200)
  await eventually(async () =>
    expect((await envoy.accessLog()).map(({ decision, code }) => [decision, code])).toEqual([
      ['deny', 'CREDENTIAL_MISSING'],
      ['allow', 'ALLOWED'],
    ]),
  )

  await change('sallyport.yaml', [/ {4}dry_run: true\n/, ''])
  await start()
  await eventually(async () => expect(await ask(token('shop'))).toBe(200)) // once Envoy has connected again
  expect(upstream.received.at(-1)?.headers['x-sallyport-subject']).toBe(`spiffe://${trustDomain}/ns/shop/sa/any`)
  const before = upstream.received.length
  expect(await ask({})).toBe(401)
  expect(await ask(token('shop'), 'DELETE')).toBe(403)
  expect(await ask(token('elsewhere'))).toBe(403)
  expect(upstream.received.length).toBe(before)
})
