import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { createRegoToolchain, type RegoToolchain, type ToolchainOptions } from '../../../pdp/rego/toolchain.ts'
import { errorsOf, orders, valueOf } from './policies.ts'

const opened: RegoToolchain[] = []
const open = (options?: ToolchainOptions): RegoToolchain => {
  const toolchain = createRegoToolchain(options)
  opened.push(toolchain)
  return toolchain
}
afterEach(() => Promise.all(opened.splice(0).map((toolchain) => toolchain.close())))

const request = { modules: orders, entrypoints: ['orders/decision'] }

describe('a call', () => {
  test('over its deadline is refused, and the next one works', async () => {
    const toolchain = open({ deadlineMs: 1 })
    expect(errorsOf(await toolchain.compile(request))).toEqual([
      ':0:0 deadline `compile` took longer than 1 ms; simplify it or raise deadlineMs',
    ])
    valueOf(await toolchain.compile(request, { deadlineMs: 30_000 }))
  })

  test('waits for those before it, over a deadline or not', async () => {
    const toolchain = open()
    const answers = await Promise.all([
      toolchain.compile(request, { deadlineMs: 1 }),
      toolchain.compile(request),
      toolchain.check({ modules: { 'bad.rego': 'package' } }),
      toolchain.compile(request),
    ])
    expect(answers.map(({ ok }) => ok)).toEqual([false, true, false, true])
  })

  test('whose request JSON cannot hold is refused', async () => {
    expect(errorsOf(await open().eval({ modules: {}, query: 'input', input: { n: 1n } }))).toEqual([
      expect.stringMatching(/^:0:0 bad_request request cannot be written as JSON: .*BigInt/),
    ])
  })

  test('with a field that the toolchain does not know is refused with its name', async () => {
    const wider = { ...request, optimise: 2 }
    expect(errorsOf(await open().compile(wider))).toEqual([':0:0 bad_request json: unknown field "optimise"'])
  })
})

describe('the toolchain', () => {
  test('that was never built says which command builds it', async () => {
    const wasmPath = join(tmpdir(), 'no-such', 'rego.wasm')
    expect(errorsOf(await open({ wasmPath }).compile(request))).toEqual([
      `:0:0 toolchain_missing no Rego toolchain at \`${wasmPath}\`; run \`npm run setup\` to build it`,
    ])
  })

  test('that is no WebAssembly is refused at every call', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rego-'))
    const wasmPath = join(folder, 'rego.wasm')
    await writeFile(wasmPath, 'not WebAssembly')
    const toolchain = open({ wasmPath })
    for (const _ of [1, 2]) {
      expect(errorsOf(await toolchain.compile(request))).toEqual([
        expect.stringMatching(/^:0:0 toolchain_crashed .*expected magic word/),
      ])
    }
    await rm(folder, { recursive: true })
  })

  test('answers `closed` to calls that wait and to later ones, however often it is closed', async () => {
    const toolchain = open()
    const waiting = [toolchain.compile(request), toolchain.compile(request)]
    await Promise.all([toolchain.close(), toolchain.close()])
    for (const answer of [...(await Promise.all(waiting)), await toolchain.compile(request)]) {
      expect(errorsOf(answer)).toEqual([':0:0 closed toolchain is closed; create another one'])
    }
  })

  test('lets the process end once it is closed', () => {
    const script = `
      import { createRegoToolchain } from './pdp/rego/toolchain.ts'
      const toolchain = createRegoToolchain()
      const answer = await toolchain.format({ modules: { 'p.rego': 'package p\\n' } })
      await toolchain.close()
      console.log(answer.ok)`
    const ended = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      encoding: 'utf8',
      timeout: 30_000,
    })
    expect(ended).toMatchObject({ status: 0, signal: null, stdout: 'true\n', stderr: '' })
  })
})
