import { expect, test } from 'vitest'
import { builtins } from '../../../pdp/policy/builtins/list.ts'
import { refusedBuiltins } from '../../../pdp/policy/builtins/refused.ts'
import { createRegoToolchain } from '../../../pdp/rego/toolchain.ts'

// what the compiler replaces, so that no module imports it: assignment, print calls, annotations of a rule
const rewritten = ['assign', 'eq', 'print', 'rego.metadata.chain', 'rego.metadata.rule']

test("each function of this OPA is the module's own, a builtin here, or refused with a reason", async () => {
  const toolchain = createRegoToolchain()
  try {
    const answer = await toolchain.capabilities({})
    if (!answer.ok) throw new Error(JSON.stringify(answer.errors))
    const { capabilities, native } = answer.value
    const declared: unknown = capabilities['builtins']
    const names = (Array.isArray(declared) ? declared : []).map(({ name }: { readonly name: string }) => name)
    const here = builtins.map(({ name }) => name)
    const answered = new Set([...native, ...here, ...refusedBuiltins.keys(), ...rewritten])
    expect(names.length).toBeGreaterThan(200)
    expect(names.filter((name) => !answered.has(name))).toEqual([])
    expect(here.filter((name) => !names.includes(name) || native.includes(name))).toEqual([])
  } finally {
    await toolchain.close()
  }
})
