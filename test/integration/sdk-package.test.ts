import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPdp, type TestPdp } from '../../pdp/testing/start-test-pdp.ts'
import { read, root } from '../architecture/project.ts'

// The SDK as it is published, in an empty folder with nothing of the project in reach.

let folder = ''
let home = ''
let pdp: TestPdp
const servers: Server[] = []
const rego = `package orders

decision := input.action.name == "read"
`
const entries = Object.keys((JSON.parse(read('sdk/package.json')) as { readonly exports: object }).exports)
const specifierOf = (entry: string) => `@sallyport/sdk${entry.slice(1)}`

function run(command: string, args: readonly string[], cwd: string) {
  return new Promise<{ readonly code: unknown; readonly says: string }>((resolve) => {
    execFile(command, args, { cwd, timeout: 240_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, says: stdout + stderr }),
    )
  })
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-sdk-'))
  const built = await run(process.execPath, [join(root, 'scripts', 'build-package.mjs'), join(folder, 'dist')], root)
  expect(built).toMatchObject({ code: 0 })
  const packed = await run('npm', ['pack', join(folder, 'dist', 'sdk'), '--pack-destination', folder], folder)
  expect(packed.code, packed.says).toBe(0)
  const [archive = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'))
  home = join(folder, 'node_modules', '@sallyport', 'sdk')
  await mkdir(home, { recursive: true })
  await run('tar', ['-xzf', join(folder, archive), '--strip-components=1', '-C', home], folder)
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  pdp = await startTestPdp({ service: 'orders', rego, listen: true })
}, 300_000)
afterAll(async () => {
  for (const server of servers) server.close()
  await pdp.close()
  await rm(folder, { recursive: true })
})

test('has no dependencies, and no sources that Node would not run', async () => {
  const manifest = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as object
  expect(Object.keys(manifest)).not.toContain('dependencies')
  const files = await readdir(home)
  expect(files.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))).toEqual([])
  expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md']))
})

/** The runtimes that it is for, and how each runs a module, with no more rights than it needs. */
const peer = (name: string) => join(root, 'build', 'peers', name, name)
const runtimes: readonly (readonly [name: string, command: string, ...args: readonly string[]])[] = [
  ['Node 24', process.execPath],
  ['Node 22', peer('node22')],
  [
    'Deno',
    peer('deno'),
    'run',
    '--no-remote',
    '--no-lock',
    '--node-modules-dir=manual',
    '--allow-net=127.0.0.1',
    '--allow-env',
  ],
  ['Bun', peer('bun'), 'run'],
]

describe.each(runtimes)('%s', (_, command, ...args) => {
  const runModule = async (name: string, code: string) => {
    await writeFile(join(folder, name), code)
    const done = await run(command, [...args, join(folder, name)], folder)
    return done.code === 0 ? (JSON.parse(done.says) as unknown) : done
  }

  test('loads every entry', async () => {
    const names = JSON.stringify(entries.map(specifierOf))
    const code = `const all = await Promise.all(${names}.map((name) => import(name)))
      console.log(JSON.stringify(all.map((entry) => Object.keys(entry).length > 0)))`
    expect(await runModule('load.mjs', code)).toEqual(entries.map(() => true))
  })

  test('asks: allowed, denied, and nobody there', async () => {
    const { url, key, service } = pdp.client
    const down = await refusingUrl()
    const ask = {
      request: {
        method: 'GET',
        url: 'https://orders.example.org/v1/orders/42',
        headers: await pdp.mint({ as: 'shop/checkout' }),
      },
      action: { name: 'read' },
      resource: { type: 'order', id: '42' },
    }
    const code = `import { createClient } from '@sallyport/sdk'
      const ask = ${JSON.stringify(ask)}
      const clientOf = (url) => createClient({ url, key: '${key}', service: '${service}', deadlineMs: 20_000, batch: true })
      const denied = { ...ask, action: { name: 'delete' } }
      const decisions = [
        ...(await Promise.all([ask, denied].map((each) => clientOf('${url}').authorize(each)))),
        await clientOf('${down}').authorize(ask),
      ]
      console.log(JSON.stringify(decisions.map(({ decision, code, subject }) => [decision, code, subject?.id])))
      process.exit(0)`
    const id = 'https://login.example.org#checkout'
    expect(await runModule('ask.mjs', code)).toEqual([
      ['allow', 'ALLOWED', id],
      ['deny', 'POLICY_DENIED', id],
      ['deny', 'UNREACHABLE', null],
    ])
  })
})

/** An address at which nobody listens, and nobody else will meanwhile. */
async function refusingUrl(): Promise<string> {
  const server = createServer((socket) => socket.destroy())
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on TCP
}

describe('each entry is below 10 KB, minified and compressed', () => {
  test.each(entries)('%s', async (entry) => {
    const input = join(folder, `size-${entries.indexOf(entry)}.js`)
    await writeFile(input, `export * from '${specifierOf(entry)}'`)
    const bundle = await rolldown({ input, external: /^node:/, logLevel: 'silent' })
    const { output } = await bundle.generate({ minify: true })
    await bundle.close()
    const bytes = output.reduce((sum, chunk) => sum + ('code' in chunk ? gzipSync(chunk.code).length : 0), 0)
    expect(bytes).toBeGreaterThan(300)
    expect(bytes).toBeLessThan(10_000)
  })
})

test('its types are found and right: what docs/sdk.md shows compiles, and a mistake does not', async () => {
  for (const name of ['@types', 'undici-types', 'typescript']) {
    await cp(join(root, 'node_modules', name), join(folder, 'node_modules', name), {
      recursive: true,
      dereference: true,
    })
  }
  const shown = [...read('docs/sdk.md').matchAll(/```ts\n([^]*?)```/g)].map(([, code = '']) => code)
  expect(shown.length).toBeGreaterThanOrEqual(4)
  const strict = { strict: true, noEmit: true, module: 'NodeNext', target: 'ES2022', types: ['node'] }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: strict, include: ['docs-*.ts'] }))
  await Promise.all(shown.map((code, i) => writeFile(join(folder, `docs-${i}.ts`), code)))
  const tsc = [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '--project', folder]
  expect(await run(process.execPath, tsc, folder)).toEqual({ code: 0, says: '' })
  await writeFile(join(folder, 'docs-bad.ts'), `${shown[0]}\nauthorize({ actoin: 'read' })\n`)
  expect((await run(process.execPath, tsc, folder)).says).toMatch(/docs-bad\.ts.*actoin/)
})

describe('readers of packages find nothing to say', () => {
  const bin = (name: string) => join(root, 'node_modules', '.bin', name)
  test.each(['dist/sdk', 'dist/package'])('publint: %s', async (path) => {
    expect(await run(bin('publint'), [join(folder, path), '--strict'], folder)).toMatchObject({ code: 0 })
  })
  test.each(['dist/sdk', 'dist/package'])('are the types wrong: %s', async (path) => {
    const options = ['--pack', join(folder, path), '--profile', 'esm-only', '--no-emoji']
    const judged = await run(bin('attw'), options, folder)
    expect(judged, judged.says).toMatchObject({ code: 0 })
  })
})
