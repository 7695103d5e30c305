import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { EventEmitter } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { main } from '../../../pdp/cli/main.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-author-'))
})
afterAll(async () => rm(folder, { recursive: true }))

async function run(...args: readonly string[]) {
  const said: string[] = []
  let printed = ''
  const terminal = { out: (text: string) => void (printed += text), say: (line: string) => void said.push(line) }
  const code = await main(args, terminal as never, new EventEmitter() as never) // these commands use no more of them
  return { code, printed, said: said.join('\n') }
}

test('from nothing to a signed bundle: init, test, validate, fmt, build, keygen, sign, verify', {
  timeout: 120_000,
}, async () => {
  const at = (path: string) => join(folder, 'demo', path)
  const made = await run('init', join(folder, 'demo'))
  expect(made.code).toBe(0)
  for (const path of made.printed.trim().split('\n')) await access(path)
  expect(await run('init', join(folder, 'demo'))).toMatchObject({
    code: 1,
    said: expect.stringContaining('is not empty'),
  })

  const [definition, bundle] = [at('bundles/notes.yaml'), at('bundles/dist/notes.tar.gz')]
  expect((await run('test', definition, '--require-artefact')).printed).toMatch(/^notes: 7 passed, 0 failed/)
  expect(await run('validate', definition)).toMatchObject({ code: 0, printed: '1 files are valid\n' })
  expect(await run('fmt', '--check', at('policies'))).toMatchObject({ code: 0, printed: '' })
  expect(await run('build', definition)).toMatchObject({ code: 0 })
  expect(await run('keygen', at('signer'))).toMatchObject({ code: 0 })
  expect((await run('verify', bundle, '--signer', at('signer.pub'))).code).toBe(3)
  expect(await run('sign', bundle, '--key', at('signer.key'))).toMatchObject({ code: 0 })
  expect(await run('verify', bundle, '--signer', at('signer.pub'))).toMatchObject({ code: 0 })
  expect(await run('build', definition, '--check')).toMatchObject({ code: 0 }) // a signature changes no other file

  const policy = at('policies/notes/notes.rego')
  const text = await readFile(policy, 'utf8')
  await writeFile(policy, text.replace('input.attested.namespace', 'input.attested_namespace'))
  const wrong = await run('validate', definition)
  expect(wrong.code).toBe(3)
  expect(wrong.said).toMatch(/notes\/notes\.rego:\d+:\d+: undefined ref: input\.attested_namespace/)
  expect(await run('build', definition, '--check')).toMatchObject({ code: 1 })
  await writeFile(policy, text.replace('may if action', 'may   if   action'))
  expect(await run('fmt', '--check', policy)).toMatchObject({ code: 1, printed: `${policy}\n` })
  expect(await run('fmt', policy)).toMatchObject({ code: 0 })
  expect(await readFile(policy, 'utf8')).toBe(text)
})
