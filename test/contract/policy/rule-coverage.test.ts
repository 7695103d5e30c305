import { afterAll, describe, expect, test } from 'vitest'
import { artefactHost } from '../../../pdp/policy/artefact-host.ts'
import { coverRules, globalOfRule } from '../../../pdp/policy/cover-rules.ts'
import { packBundle } from '../../../pdp/policy/pack-bundle.ts'
import { readModule } from '../../../pdp/policy/abi.ts'
import { builtins } from '../../../pdp/policy/builtins/list.ts'
import { startInstance } from '../../../pdp/policy/instance.ts'
import { createRegoToolchain } from '../../../pdp/rego/toolchain.ts'
import { valueOf } from '../rego/policies.ts'

// Which rules of the artefact tests call: told by a copy in which each rule marks itself, while the answers stay those of the module
// that is shipped.

const toolchain = createRegoToolchain({ artefactHost })
afterAll(() => toolchain.close())

const policy = `package door

decision := {"allow": allow, "reasons": reasons}

default allow := false

allow if {
	input.name == "ada"
	open
}

open if input.hour < 18

reasons contains "late" if not open

reasons contains "banned" if banned(input.name)

banned(name) if name in {"eve", "mallory"}
`
const rules = ['allow', 'banned', 'decision', 'open', 'reasons'].map((name) => `data.door.${name}`)
const names = { ada: '{"name": "ada", "hour": 9}', eve: '{"name": "eve", "hour": 9}' }
const testsOf = (...inputs: readonly string[]) =>
  `package door_test\n\n${inputs.map((input, i) => `test_${i} if data.door.decision with input as ${input}\n`).join('\n')}`

const entrypoints = ['door/decision']
const { wasm, hostBuiltins, manifest } = valueOf(
  await toolchain.compile({ modules: { 'door.rego': policy }, entrypoints, revision: '1' }),
)

async function tested(...inputs: readonly string[]) {
  const modules = { 'door.rego': policy, 'door_test.rego': testsOf(...inputs) }
  const artefact = { archive: packBundle({ wasm, manifest }), entrypoints, hostBuiltins }
  return valueOf(await toolchain.test({ modules, coverage: true, artefact }))
}

describe('the copy', () => {
  const instanceOf = async (bytes: Uint8Array<ArrayBuffer>) => {
    const module = await readModule(bytes)
    if (!module.ok) throw new Error(module.detail)
    const started = startInstance(module.value, '', builtins, { input: 65_536, working: 16 * 1_048_576 })
    if (!started.ok) throw new Error(started.detail)
    return started.value
  }

  test('names every rule, answers as the module does, and marks the rules that it calls', async () => {
    const covered = coverRules(wasm)
    expect([...(covered?.rules ?? [])].sort()).toEqual(rules)
    if (!covered) throw new Error('it was told a line ago')
    const [shipped, copy] = [await instanceOf(new Uint8Array(wasm)), await instanceOf(covered.wasm)]
    for (const input of [...Object.values(names), '{}', '{"name": "ada", "hour": 20}']) {
      expect(copy.evaluate(0, input)).toEqual(shipped.evaluate(0, input))
    }
    expect(covered.rules.map((_, i) => copy.global(globalOfRule(i)))).toEqual(rules.map(() => 1))
    expect(shipped.global(globalOfRule(0))).toBeUndefined()
  })

  test('is not made of what is no module of this compiler', () => {
    expect(coverRules(wasm)).toBeDefined()
    expect(coverRules(new Uint8Array())).toBeUndefined()
    expect(coverRules(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))).toBeUndefined()
    for (let length = 8; length < wasm.length; length += 997)
      expect(coverRules(wasm.subarray(0, length))).toBeUndefined()
  })
})

describe('tests', () => {
  test('tell which rules they called of the artefact, and which none did', async () => {
    expect(await tested(names.ada, names.eve)).toMatchObject({
      rules: { called: expect.arrayContaining(rules), notCalled: [] },
    })
    const some = await tested('{"hour": 9}')
    expect(some.rules?.notCalled).toEqual(['data.door.banned']) // without a name nobody is looked up
    expect(some.differences ?? []).toEqual([])
  })
})
