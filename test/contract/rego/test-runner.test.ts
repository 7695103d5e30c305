import { afterAll, describe, expect, test } from 'vitest'
import { createRegoToolchain } from '../../../pdp/rego/toolchain.ts'
import { errorsOf, valueOf } from './policies.ts'

const toolchain = createRegoToolchain()
afterAll(() => toolchain.close())

const modules = {
  'p.rego': `package p

allow if {
	input.x == 1
	print("x is", input.x)
}

allow if input.admin
`,
  'p_test.rego': `package p_test

import data.p

test_allow if p.allow with input as {"x": 1}

test_wrong if {
	some x in [1, 2]
	p.allow with input as {"x": x}
	x == 3
}

todo_test_later if false

test_table[name] if {
	some name, c in {
		"one": {"x": 1, "want": true},
		"two": {"x": 2, "want": true},
	}
	got := {true | p.allow with input as {"x": c.x}} == {true}
	got == c.want
}

test_conflict if {
	f(1) == 1
}

f(x) := x

f(x) := x + 1

test_data if data.limits.small == 10
`,
}

const data = { limits: { small: 10 } }

describe('test', () => {
  test('answers a verdict, its place and its reason for every test', async () => {
    const { tests, coverage } = valueOf(await toolchain.test({ modules, data }))
    expect(coverage).toBeUndefined()
    expect(tests.map(({ name, row, col, verdict }) => `${name} ${row}:${col} ${verdict}`)).toEqual([
      'test_allow 5:1 pass',
      'test_wrong 7:1 fail',
      'todo_test_later 13:1 skip',
      'test_table 15:1 fail',
      'test_conflict 24:1 error',
      'test_data 32:1 pass',
    ])
    const [allowed, wrong, , table, conflict] = tests
    expect(allowed).toMatchObject({ package: 'data.p_test', file: 'p_test.rego', output: 'x is 1\n', cases: [] })
    expect(allowed?.durationMs).toBeGreaterThanOrEqual(0)
    expect(allowed?.failedAt).toBeUndefined()
    expect(wrong?.failedAt).toEqual({ file: 'p_test.rego', row: 10, col: 2, text: 'x == 3' })
    expect(table?.cases).toEqual([
      { name: ['one'], pass: true },
      { name: ['two'], pass: false },
    ])
    expect(conflict?.error).toMatchObject({ code: 'eval_conflict_error', file: 'p_test.rego', row: 30, col: 1 })
  })

  test('runs only what the filter names', async () => {
    const { tests } = valueOf(await toolchain.test({ modules, data, filter: 'p_test\\.test_(allow|data)$' }))
    expect(tests.map(({ name }) => name)).toEqual(['test_allow', 'test_data'])
  })

  test('reports coverage in the shape of `opa test --coverage`', async () => {
    const { coverage } = valueOf(await toolchain.test({ modules, data, coverage: true, filter: 'test_allow' }))
    expect(coverage?.files['p.rego']).toMatchObject({ covered_lines: 3, not_covered_lines: 1, coverage: 75 })
    expect(coverage?.files['p.rego']?.covered).toContainEqual({ start: { row: 4, col: 2 }, end: { row: 4, col: 14 } })
    expect(coverage?.files['p.rego']?.not_covered).toEqual([
      { start: { row: 8, col: 1 }, end: { row: 8, col: 6 } },
      { start: { row: 8, col: 10 }, end: { row: 8, col: 21 } },
    ])
    expect(coverage?.coverage).toBeLessThan(100)
  })

  test('stops a test that takes too long, and goes on to the next', async () => {
    const slow = {
      'slow_test.rego': `package slow_test

test_slow if {
	some x in numbers.range(1, 5000)
	some y in numbers.range(1, 5000)
	x * y == -1
}

test_quick := true
`,
    }
    const { tests } = valueOf(await toolchain.test({ modules: slow, timeoutMs: 100 }))
    expect(tests.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['test_slow', 'error'],
      ['test_quick', 'pass'],
    ])
    expect(tests[0]?.error?.code).toBe('eval_cancel_error')
  })

  test.for<readonly [string, Parameters<typeof toolchain.test>[0], string]>([
    [
      'modules that do not compile',
      { modules: { 'a_test.rego': 'package a_test\n\ntest_a if data.b.f(1)\n' } },
      'a_test.rego:3:11 rego_type_error undefined function data.b.f',
    ],
    [
      'data where a rule stands',
      { modules, data: { p: { allow: true } } },
      'p.rego:3:1 rego_compile_error conflicting rule for data path p/allow found',
    ],
    ['a filter that is no expression', { modules, filter: '(' }, expect.stringContaining('missing closing )')],
  ])('refuses %s', async ([, request, error]) => {
    expect(errorsOf(await toolchain.test(request))[0]).toEqual(error)
  })
})
