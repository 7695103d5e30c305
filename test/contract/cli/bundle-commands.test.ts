import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EventEmitter } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { main } from '../../../pdp/cli/main.ts'

const definition = fileURLToPath(new URL('../../../bundles/agent-tools.yaml', import.meta.url))
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-bundle-'))
})
afterAll(async () => rm(folder, { recursive: true }))

async function run(...args: readonly string[]) {
  const said: string[] = []
  let printed = ''
  const terminal = { out: (text: string) => void (printed += text), say: (line: string) => void said.push(line) }
  const code = await main(args, terminal as never, new EventEmitter() as never) // these commands use no more of them
  return { code, printed, said: said.join('\n') }
}

test('from Rego to a signed bundle: build, keygen, sign, verify', { timeout: 60_000 }, async () => {
  const [bundle, again, name] = [join(folder, 'a.tar.gz'), join(folder, 'b.tar.gz'), join(folder, 'signer')]
  expect(await run('build', definition, '--out', bundle)).toMatchObject({ code: 0 })
  expect(await run('build', definition, '--out', again)).toMatchObject({ code: 0 })
  expect(await readFile(bundle)).toEqual(await readFile(again))
  expect(await run('keygen', name)).toMatchObject({ code: 0 })
  expect((await run('verify', bundle, '--signer', `${name}.pub`)).said).toContain('bundle-signature-present')
  expect(await run('sign', bundle, '--key', `${name}.key`)).toMatchObject({ code: 0 })
  expect(await run('verify', bundle, '--signer', `${name}.pub`)).toMatchObject({ code: 0 })
})

test('Rego that does not compile is told with its place', { timeout: 60_000 }, async () => {
  await writeFile(join(folder, 'policy.rego'), 'package p\n\nallow if {\n  input.x ==\n}\n')
  await writeFile(join(folder, 'p.yaml'), 'name: p\npolicies: [.]\nentrypoints: [p/allow]\nroots: [p]\n')
  const { code, said } = await run('build', join(folder, 'p.yaml'))
  expect(code).toBe(3)
  expect(said).toMatch(/policy\.rego:5:1: /)
})
