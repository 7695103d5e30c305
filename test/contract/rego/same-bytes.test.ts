import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRegoToolchain } from '../../../pdp/rego/toolchain.ts'
import { orders, ordersData, valueOf } from './policies.ts'
import { inspectPolicy } from './policy-module.ts'

const native = fileURLToPath(new URL('../../../build/rego-native', import.meta.url))
const toolchain = createRegoToolchain()
afterAll(() => toolchain.close())

beforeAll(() => {
  const args = ['build', '-trimpath', '-buildvcs=false', '-o', native, '.']
  const cwd = fileURLToPath(new URL('../../../rego', import.meta.url))
  execFileSync('go', args, { cwd, env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' } })
}, 300_000)

describe('the native and the WebAssembly build', () => {
  const plain = { modules: orders, entrypoints: ['orders/decision', 'orders/limits'] }
  test.for([
    ['a policy over two files', plain],
    [
      'with data, roots, print and plan',
      { ...plain, data: ordersData, roots: ['orders'], enablePrint: true, plan: true },
    ],
    ['a whole package', { ...plain, entrypoints: ['orders'] }],
  ] as const)('compile the same bytes: %s', async ([, request]) => {
    const input = JSON.stringify({ verb: 'compile', ...request })
    const answer = JSON.parse(execFileSync(native, { input, encoding: 'utf8', maxBuffer: 64 << 20 }))
    const compiled = valueOf(await toolchain.compile(request))
    const { wasm, ...rest } = compiled
    expect({ ok: true, value: { ...rest, wasm: Buffer.from(wasm).toString('base64') } }).toEqual(answer)
  })
})

describe('the list of native builtins', () => {
  test('is what compiled policies bring themselves', async () => {
    const { capabilities, native: listed } = valueOf(await toolchain.capabilities({}))
    const builtins = Array.isArray(capabilities['builtins']) ? capabilities['builtins'].map(describeBuiltin) : []
    const callable = builtins.filter(({ name, deprecated }) => !deprecated && !rewritten.has(name))
    const rules = callable.map(({ name, arity }) => {
      const args = Array.from({ length: arity }, (_, index) => `input.a${index}`)
      return `used contains "${name}" if ${name}(${args.join(', ')})`
    })
    const text = `package all\n\n${rules.join('\n')}\n`
    const compiled = valueOf(await toolchain.compile({ modules: { 'all.rego': text }, entrypoints: ['all/used'] }))
    const imported = Object.keys(inspectPolicy(compiled.wasm).builtins).sort()
    expect(callable.length).toBeGreaterThan(180)
    expect(compiled.hostBuiltins).toEqual(imported)
    expect(compiled.builtins.filter((name) => !imported.includes(name))).toEqual(
      listed.filter((name) => compiled.builtins.includes(name)),
    )
  })
})

// What the compiler replaces, so that no plan ever calls it.
const rewritten = new Set(['assign', 'print', 'rego.metadata.chain', 'rego.metadata.rule'])

function describeBuiltin(builtin: unknown) {
  const { name, deprecated, decl } = Object(builtin)
  return { name: String(name), deprecated: deprecated === true, arity: Number(decl?.args?.length ?? 0) }
}
