import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildBundle, readDefinitionSources } from '../../../pdp/cli/build-bundle.ts'
import type { JsonValue } from '../../../pdp/core/json.ts'
import type { CorpusCase } from '../../../pdp/policy/corpus.ts'
import { loadBundle } from '../../../pdp/policy/load-bundle.ts'
import { signBundle } from '../../../pdp/policy/sign-bundle.ts'
import { readSigningKey } from '../../../pdp/policy/signature/read-signing-key.ts'
import { createRegoToolchain } from '../../../pdp/rego/toolchain.ts'
import { eventually } from '../../support/eventually.ts'
import { createTestKey, keyPem } from '../../support/keys.ts'

// A real OPA server, with its own WebAssembly engine, serves the bundles that are built and signed here.

const opa = fileURLToPath(new URL('../../../build/peers/opa-wasm/opa', import.meta.url))
const key = createTestKey('signer')
const names = ['orders', 'agent-tools'] as const

let folder: string
let server: ChildProcess | undefined
const cases: CorpusCase[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'opa-server-'))
  await writeFile(join(folder, 'signer.pub'), keyPem(key))
  const signing = readSigningKey(key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  if (!signing.ok) throw new Error(signing.detail)
  const toolchain = createRegoToolchain()
  try {
    for (const name of names) {
      const definition = fileURLToPath(new URL(`../../../bundles/${name}.yaml`, import.meta.url))
      const { archive } = await buildBundle(definition, toolchain)
      const signed = await signBundle(archive, signing.value, { statement: { sequence: 7, audiences: ['production'] } })
      if (!signed.ok) throw new Error(signed.detail)
      await writeFile(join(folder, `${name}.tar.gz`), signed.value)
      const verified = await loadBundle(signed.value, {
        signer: signing.value.verification,
        statement: { audience: 'production' },
      })
      expect(verified.ok).toBe(true) // its corpus among the checks: so these are our answers, too
      cases.push(...(await readDefinitionSources(definition)).corpus)
    }
  } finally {
    await toolchain.close()
  }
}, 60_000)
afterAll(async () => {
  server?.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

const run = (verification: string) => {
  const bundles = names.flatMap((name) => ['-b', join(folder, `${name}.tar.gz`)])
  const flags = ['--verification-key', join(folder, verification), '--signing-alg', 'ES256', '--skip-version-check']
  const child = spawn(opa, ['run', '-s', '-a', `unix://${join(folder, 'opa.sock')}`, ...flags, ...bundles], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  return { child, said: () => said }
}

async function ask(path: string, body: unknown): Promise<JsonValue> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: join(folder, 'opa.sock'), path, method: 'POST' }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve(JSON.parse(text)))
    })
    asked.on('error', reject)
    asked.end(JSON.stringify(body).replace(/"now_ns":"(\d+)"/, '"now_ns":$1')) // a number that JavaScript has no room for
  })
}

test('a real OPA takes our signed bundles, and answers the whole corpus as they do here', async () => {
  server = run('signer.pub').child
  await eventually(async () => expect(await ask('/v1/data/none', {})).toBeTypeOf('object'))
  expect(cases.length).toBeGreaterThan(20)
  for (const { name, entrypoint, input, expect: stated } of cases) {
    const { result } = (await ask(`/v1/data/${entrypoint}`, { input })) as { result?: Answer } // as the OPA API says
    const answered = {
      name,
      allow: result?.allow,
      ...(stated.codes && { codes: result?.reasons?.map(({ code }) => code).toSorted() }),
      ...(stated.obligations && { obligations: result?.obligations?.map(({ type }) => type).toSorted() }),
    }
    const { allow, codes, obligations } = stated
    expect(answered).toEqual({
      name,
      allow,
      ...(codes && { codes: codes.toSorted() }),
      ...(obligations && { obligations: obligations.toSorted() }),
    })
  }
})

interface Answer {
  readonly allow: boolean
  readonly reasons?: readonly { readonly code: string }[]
  readonly obligations?: readonly { readonly type: string }[]
}

test('and it refuses them under the key of another', async () => {
  await writeFile(join(folder, 'other.pub'), keyPem(createTestKey('other')))
  const { child, said } = run('other.pub')
  const code = await new Promise((resolve) => child.on('exit', resolve))
  expect(code).not.toBe(0)
  expect(said()).toMatch(/verif/i)
})
