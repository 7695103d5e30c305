import { execFile, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../architecture/project.ts'

// The package as it is published, in an empty folder, with nothing of the project and no other tool in reach. Only the
// libraries that it depends on come from the project's own folder, as an installer would have put them there.

let folder = ''
let bin = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-package-'))
  await run(process.execPath, [join(root, 'scripts', 'build-package.mjs')], root)
  const packed = await run('npm', ['pack', join(root, 'dist', 'package'), '--pack-destination', folder], folder)
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
