import { execFile, spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { read, root } from '../architecture/project.ts'

// The package as it is published, in an empty folder, with nothing of the project and no other tool in reach. Only the
// libraries that it depends on come from the project's own folder, as an installer would have put them there.

let folder = ''
let bin = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-package-'))
  const dist = join(folder, 'dist')
  const built = await run(process.execPath, [join(root, 'scripts', 'build-package.mjs'), dist], root)
  expect(built).toMatchObject({ code: 0 })
  const packed = await run('npm', ['pack', join(dist, 'package'), '--pack-destination', folder], folder)
  expect(packed.code, packed.says).toBe(0)
  const [archive = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'))
  const modules = join(folder, 'node_modules')
  const home = join(modules, 'sallyport')
  await mkdir(home, { recursive: true })
  await run('tar', ['-xzf', join(folder, archive), '--strip-components=1', '-C', home], folder)
  const { dependencies } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>
  } // of ours
  for (const name of Object.keys(dependencies)) {
    await mkdir(dirname(join(modules, name)), { recursive: true })
    await symlink(join(root, 'node_modules', name), join(modules, name))
  }
  bin = join(home, 'pdp', 'main.js')
}, 300_000)
afterAll(async () => rm(folder, { recursive: true }))

/** Where a tool of the machine is: what it runs has another PATH. */
const pathOf = async (tool: string): Promise<string> => (await run('which', [tool], folder)).says.trim()

function run(command: string, args: readonly string[], cwd: string, environment = process.env) {
  return new Promise<{ readonly code: unknown; readonly says: string }>((resolve) => {
    execFile(command, args, { cwd, env: environment, timeout: 240_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, says: stdout + stderr }),
    )
  })
}

/** A network of its own, with nothing in it; some machines let nobody make one. */
const offline = ['unshare', '--map-root-user', '--net'] as const
const canBeOffline = spawnSync(offline[0], [...offline.slice(1), 'true']).status === 0

test('from an empty folder to a signed bundle, with the package alone and no network', {
  timeout: 300_000,
}, async () => {
  if (!canBeOffline) console.warn('package: no network of its own can be made here; the proof is by PATH alone')
  const tools = join(folder, 'tools')
  await mkdir(tools)
  await symlink(process.execPath, join(tools, 'node'))
  const alone = { PATH: tools }
  expect(tools.split(delimiter)).toEqual([tools]) // one folder, with Node and nothing else
  const node = join(tools, 'node')
  const [command, ...first] = canBeOffline ? [await pathOf(offline[0]), ...offline.slice(1), node] : [node]
  const within = async (cwd: string, ...args: readonly string[]) => run(command, [...first, ...args], cwd, alone)
  const sallyport = async (...args: readonly string[]) => within(join(folder, 'demo'), bin, ...args)

  const reach = "fetch('http://192.0.2.1').then(() => 0, (error) => error.cause.code)"
  const reached = await within(folder, '-e', `${reach}.then((code) => console.log(code))`)
  if (canBeOffline) expect(reached.says).toBe('ENETUNREACH\n')
  expect(await within(folder, bin, 'init', 'demo')).toMatchObject({ code: 0 })
  const tested = await sallyport('test')
  expect(tested.says).toMatch(/^notes: 7 passed, 0 failed/)
  expect(tested.code).toBe(0)
  for (const args of [['build'], ['keygen'], ['sign'], ['verify'], ['validate']]) {
    const done = await sallyport(...args)
    expect(done, args.join(' ')).toMatchObject({ code: 0 })
  }
  const explained = await sallyport('explain', '--action', 'write', '--attested', 'namespace=shop')
  expect(explained.says).toContain('policies/notes/notes.rego:')
  expect(explained.says).toContain('flips if ')
})

/** As whoever installs it has it: also the SDK, and what their own code needs. */
async function installForPrograms(): Promise<void> {
  const modules = join(folder, 'node_modules')
  await mkdir(join(modules, '@sallyport'), { recursive: true })
  await cp(join(folder, 'dist', 'sdk'), join(modules, '@sallyport', 'sdk'), { recursive: true })
  await mkdir(join(modules, '@types'), { recursive: true })
  for (const name of ['@types/node', '@types/express'])
    await symlink(join(root, 'node_modules', name), join(modules, name))
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
}

describe('as a library', () => {
  const peers = join(root, 'build', 'peers')
  beforeAll(installForPrograms)

  test('its types compile, with all that the pages of embedding and testing show, and a mistake does not', async () => {
    const shown = ['docs/embedding.md', 'docs/testing.md'].flatMap((page) => [
      ...read(page).matchAll(/```ts(?: (\S+))?\n([^]*?)```/g),
    ])
    expect(shown.length).toBeGreaterThanOrEqual(4)
    const names = shown.map(([, name], i) => name ?? `shown-${i}.ts`)
    await Promise.all(shown.map(([, , code = ''], i) => writeFile(join(folder, names[i] ?? ''), code)))
    const bad = `import { createPdp } from 'sallyport'\nconst pdp = await createPdp({ sevices: {} })\nawait pdp.authorize({ acton: {} })\n`
    await writeFile(join(folder, 'mistaken.ts'), bad)
    const strict = { strict: true, noEmit: true, module: 'NodeNext', target: 'ES2024', types: ['node'] }
    const options = { ...strict, allowImportingTsExtensions: true, exactOptionalPropertyTypes: true }
    const compile = async (files: readonly string[]) => {
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }))
      return run(
        process.execPath,
        [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '--project', folder],
        folder,
      )
    }
    expect(await compile(names)).toEqual({ code: 0, says: '' })
    const { says } = await compile(['mistaken.ts'])
    expect(says).toMatch(/mistaken\.ts\(2,\d+\).*sevices/)
    expect(says).toMatch(/mistaken\.ts\(3,\d+\).*acton/)
  })

  test.each([
    ['24', process.execPath],
    ['22', join(peers, 'node22', 'node22')],
  ])('decides on Node %s, and has the command', async (version, node) => {
    const program = `import { createPdp, StartRefused } from 'sallyport'
      import { startTestPdp } from 'sallyport/testing'
      const pdp = await startTestPdp({ service: 'orders', rego: 'package orders\\n\\ndecision := input.action.name == "read"\\n' })
      const headers = await pdp.mint({ as: 'shop/checkout' })
      const request = { method: 'GET', url: 'https://orders.example.org/v1/orders/42', headers }
      const ask = (name) => pdp.authorize({ request, action: { name }, resource: { type: 'order', id: '42' } })
      const codes = [(await ask('read')).code, (await ask('delete')).code]
      await pdp.close()
      const refused = await createPdp({}).catch((error) => error instanceof StartRefused)
      console.log(JSON.stringify([process.versions.node.split('.')[0], codes, refused]))`
    await writeFile(join(folder, 'program.mjs'), program)
    // on Node 22 the library of the log's lock says that it is experimental
    const done = await run(node, ['--disable-warning=ExperimentalWarning', join(folder, 'program.mjs')], folder)
    expect(done.says).toBe(`${JSON.stringify([version, ['ALLOWED', 'POLICY_DENIED'], true])}\n`)
    expect(await run(node, [bin, 'config', 'schema'], folder)).toMatchObject({ code: 0 })
  })
})

describe('what the packages are made of stands beside them', () => {
  interface Bill {
    readonly metadata: { readonly component: { readonly name: string } }
    readonly components: readonly { readonly name: string; readonly version: string }[]
  }
  const billOf = async (name: string) =>
    JSON.parse(await readFile(join(folder, 'dist', `${name}.cdx.json`), 'utf8')) as Bill
  interface Installed {
    readonly version?: string
    readonly dependencies?: Readonly<Record<string, Installed>>
  }
  const below = ({ dependencies = {} }: Installed): readonly string[] =>
    Object.entries(dependencies).flatMap(([name, each]) => [`${name}@${each.version}`, ...below(each)])

  test('the runtime dependencies, all of them and no others', async () => {
    const { metadata, components } = await billOf('package')
    expect(metadata.component.name).toBe('sallyport')
    const args = ['ls', '--omit=dev', '--all', '--json', '--package-lock-only', '--loglevel=error']
    const { says } = await run('npm', args, root)
    const needed = below(JSON.parse(says.slice(says.indexOf('{'))) as Installed).filter(
      (name) => !name.startsWith('@sallyport/'),
    )
    expect([...new Set(components.map(({ name, version }) => `${name}@${version}`))].sort()).toEqual(
      [...new Set(needed)].sort(),
    )
    expect(needed.length).toBeGreaterThan(20)
    expect(needed.filter((name) => /^(?:typescript|vitest|fastify)@/.test(name))).toEqual([])
  })

  test('nothing, of the SDK', async () => {
    expect((await billOf('sdk')).components).toEqual([])
  })
})
