import { afterAll, describe, expect, test } from 'vitest'
import { artefactHost } from '../../../pdp/policy/artefact-host.ts'
import { packBundle } from '../../../pdp/policy/pack-bundle.ts'
import { createRegoToolchain } from '../../../pdp/rego/toolchain.ts'
import { valueOf } from './policies.ts'

const toolchain = createRegoToolchain({ artefactHost })
afterAll(() => toolchain.close())

const policy = `package app.authz

import data.app.helpers

default allow := false

allow if {
	input.user == "root"
	time.now_ns() > 100
}

allow if "admin" in data.roles[input.user]

deny contains "no user" if not input.user

deny contains sprintf("%s is banned", [input.user]) if input.banned

names := [name | some name in {"b", "a"}]

limit := 10 if helpers.is_small(input.n)
else := 20 if input.n
`

const helpers = `package app.helpers

is_small(n) if n < limit

limit := 5
`

const tests = `package app.authz_test

import data.app.authz
import data.app.helpers
import data.roles

test_no_input if not authz.allow

test_default if authz.allow == false with input as {"user": "eve"}

test_base_data if authz.allow with input as {"user": "amy"}

test_other_data if authz.allow with input as {"user": "eve"} with roles as {"eve": ["admin"]}

test_data_below if authz.allow with input.user as "eve" with data.roles.eve as ["admin"]

test_mocked_time if not authz.allow with input as {"user": "root"} with time.now_ns as 100

test_membership if "no user" in authz.deny with input as {}

test_iteration if {
	some reason in authz.deny with input as {"x": {1, 2}}
	reason == "no user"
}

test_else if authz.limit == 20 with input as {"n": 7}

test_table[name] if {
	some name, want in {"1": 10, "9": 20}
	authz.limit == want with input as {"n": to_number(name)}
}

test_failing if authz.limit == 11 with input as {"n": 1}

test_helper_too if {
	authz.limit == 10 with input as {"n": 1}
	helpers.is_small(4)
}

test_helper_alone if helpers.limit == 5

test_rule_mocked if authz.limit == 10 with input as {"n": 90} with helpers.limit as 100

test_entrypoint_mocked if authz.allow with authz.allow as true

test_rule_as_mock if authz.allow with input as {"user": "root"} with time.now_ns as later

test_function_mocked if "x" in authz.deny with input as {"user": "eve", "banned": true} with sprintf as fake

later := 101

fake(_, _) := "x"
`

const modules = { 'authz.rego': policy, 'helpers.rego': helpers, 'authz_test.rego': tests }
const data = { roles: { amy: ['admin'] } }
const entrypoints = ['app/authz/allow', 'app/authz/deny', 'app/authz/limit']

async function build(text: string, names: readonly string[] = entrypoints) {
  const sources = { 'authz.rego': text, 'helpers.rego': helpers }
  const { wasm, hostBuiltins, manifest } = valueOf(
    await toolchain.compile({ modules: sources, data, entrypoints: names, revision: '1' }),
  )
  const archive = packBundle({ wasm, manifest, data })
  return { archive, entrypoints: names, hostBuiltins }
}

describe('tests on the artefact', () => {
  test('answers a class and a verdict for every test, and no difference where nothing was changed', async () => {
    const { tests: results, differences } = valueOf(
      await toolchain.test({ modules, data, artefact: await build(policy) }),
    )
    expect(differences ?? []).toEqual([])
    expect(results.map(({ name, verdict, artefact: on }) => `${name} ${verdict}: ${on?.class} ${on?.verdict}`)).toEqual(
      [
        'test_no_input pass: artefact pass',
        'test_default pass: artefact pass',
        'test_base_data pass: artefact pass',
        'test_other_data pass: artefact pass',
        'test_data_below pass: artefact pass',
        'test_mocked_time pass: artefact pass',
        'test_membership pass: artefact pass',
        'test_iteration pass: artefact pass',
        'test_else pass: artefact pass',
        'test_table pass: artefact pass',
        'test_failing fail: artefact fail',
        'test_helper_too pass: partly source pass',
        'test_helper_alone pass: not reached pass',
        'test_rule_mocked pass: source-only fail',
        'test_entrypoint_mocked pass: source-only pass',
        'test_rule_as_mock pass: artefact pass',
        'test_function_mocked pass: source-only fail',
      ],
    )
    const of = (name: string) => results.find((result) => result.name === name)?.artefact
    expect(of('test_helper_too')?.carried).toEqual(['data.app.helpers.is_small', 'data.app.helpers.limit'])
    expect(of('test_rule_mocked')?.unreached).toEqual(['data.app.helpers.limit'])
    expect(of('test_function_mocked')?.unreached).toEqual(['sprintf'])
  })

  test('names each call that an altered artefact answers otherwise, where the verdict is the same too', async () => {
    const altered = policy
      .replace('== "root"', '== "eve"')
      .replace('"no user" if not input.user', '"no user" if input.user')
    const { tests: results, differences = [] } = valueOf(
      await toolchain.test({ modules, data, artefact: await build(altered) }),
    )
    const changed = results.filter(({ verdict, artefact: on }) => on?.class === 'artefact' && on.verdict !== verdict)
    expect(changed.map(({ name }) => name)).toEqual([
      'test_default',
      'test_membership',
      'test_iteration',
      'test_rule_as_mock',
    ])
    expect(differences).toContainEqual({
      test: 'data.app.authz_test.test_default',
      entrypoint: 'app/authz/allow',
      input: '{"user":"eve"}',
      source: 'false',
      artefact: 'true',
    })
    // the iteration's set comes back as one
    expect(differences).toContainEqual({
      test: 'data.app.authz_test.test_iteration',
      entrypoint: 'app/authz/deny',
      input: '{"x":{1,2}}',
      source: '{"no user"}',
      artefact: 'set()',
    })
  })

  test('takes a package as an entrypoint: each of its rules comes from the artefact', async () => {
    const artefact = await build(policy, ['app/authz'])
    const { tests: results, differences = [] } = valueOf(await toolchain.test({ modules, data, artefact }))
    expect(results.filter(({ artefact: on }) => on?.class === 'artefact')).toHaveLength(12)
    // a list made of a set comes in the order of hashes from compiled policies: OPA's own, and shown as what it is
    expect(new Set(differences.map(({ entrypoint }) => entrypoint))).toEqual(new Set(['app/authz']))
  })

  test('says of an artefact that is none what is wrong with it', async () => {
    const artefact = { ...(await build(policy)), archive: new Uint8Array([1, 2, 3]) }
    const answer = await toolchain.test({ modules, data, artefact })
    expect(answer.ok).toBe(false)
    expect((await toolchain.test({ modules, data })).ok).toBe(true) // the next call has a thread again
  })

  test('needs a host to be named', async () => {
    const other = createRegoToolchain()
    const answer = await other.test({ modules, data, artefact: await build(policy) })
    await other.close()
    expect(answer).toMatchObject({ ok: false, errors: [{ code: 'bad_request' }] })
  })
})
