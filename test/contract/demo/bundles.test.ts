import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadBundle } from '../../../pdp/policy/load-bundle.ts'
import { root } from '../../architecture/project.ts'

const copied = ['scripts', 'bundles', 'policies', 'pdp', 'package.json']
const building = 'setup: building the example bundles … N s\n'

let clone = ''

/** A clone of the project in which packages and toolchain are there already. */
beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), 'sallyport-clone-'))
  const notBuilt = (path: string) => !path.endsWith(join('bundles', 'dist'))
  for (const name of copied) await cp(join(root, name), join(clone, name), { recursive: true, filter: notBuilt })
  await mkdir(join(clone, 'build'))
  await mkdir(join(clone, 'rego'))
  for (const name of ['node_modules', 'build/rego.wasm']) await symlink(join(root, name), join(clone, name))
})
afterEach(() => rm(clone, { recursive: true }))

const setup = () =>
  new Promise<{ code: number | string | null; says: string }>((resolve) => {
    execFile(process.execPath, [join(clone, 'scripts', 'setup.mjs')], (error, stdout, stderr) => {
      const says = (stdout + stderr).replaceAll(/\d+\.\d s/g, 'N s')
      resolve({ code: error?.code ?? 0, says })
    })
  })

const archives = async () =>
  Promise.all(['orders', 'agent-tools'].map((name) => readFile(join(clone, 'bundles', 'dist', `${name}.tar.gz`))))

test('bundles are built once, again when a source changed, and stay as they are when one does not compile', async () => {
  expect(await setup()).toEqual({ code: 0, says: building })
  const first = await archives()
  const loaded = await loadBundle(first[0] ?? new Uint8Array(), { entrypoints: ['orders/decision'] })
  expect(loaded).toMatchObject({ ok: true })
  expect(await setup()).toEqual({ code: 0, says: '' })

  const policy = join(clone, 'policies', 'orders', 'rights.rego')
  const text = await readFile(policy, 'utf8')
  await writeFile(policy, text.replace('standing_right if', 'standing_right if {'))
  const broken = await setup()
  expect(broken.code).toBe(1)
  expect(broken.says).toMatch(/bundle `orders` does not compile\n.*rights\.rego:\d+:\d+: /)
  expect(await archives()).toEqual(first)
  expect(await readdir(join(clone, 'bundles', 'dist'))).toEqual(['agent-tools.tar.gz', 'orders.tar.gz'])

  await writeFile(policy, `${text}\nallowed_twice := 2\n`)
  await writeFile(join(clone, 'bundles', 'dist', 'orders.tar.gz.1'), 'half a file of a run that was killed')
  expect(await setup()).toEqual({ code: 0, says: building })
  const [orders, tools] = await archives()
  expect(orders).not.toEqual(first[0])
  expect(tools).toEqual(first[1])
  expect(await readdir(join(clone, 'bundles', 'dist'))).toEqual(['agent-tools.tar.gz', 'orders.tar.gz'])
})

test('a bundle that was deleted is built again, to the same bytes', async () => {
  await setup()
  const first = await archives()
  await rm(join(clone, 'bundles', 'dist', 'agent-tools.tar.gz'))
  expect(await setup()).toEqual({ code: 0, says: building })
  expect(await archives()).toEqual(first)
})
