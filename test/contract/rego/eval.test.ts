import { afterAll, describe, expect, test } from 'vitest'
import type { Explanation } from '../../../pdp/rego/explanation.ts'
import { createRegoToolchain } from '../../../pdp/rego/toolchain.ts'
import { errorsOf, valueOf } from './policies.ts'

const toolchain = createRegoToolchain()
afterAll(() => toolchain.close())

const p = (text: string) => ({ 'p.rego': `package p\n\n${text}` })

describe('eval', () => {
  test.for<readonly [string, Parameters<typeof toolchain.eval>[0], unknown]>([
    ['a value', { modules: p('x := {1, 2} | {input.y}\n'), query: 'data.p.x', input: { y: 3 } }, [[[1, 2, 3]]]],
    ['undefined', { modules: p('x if input.y\n'), query: 'data.p.x', input: { y: false } }, []],
    ['an absent input', { modules: p('x := 1 if not input\n'), query: 'data.p.x' }, [[1]]],
    ['a null input', { modules: p('x := 1 if input == null\n'), query: 'data.p.x', input: null }, [[1]]],
    ['data', { modules: p('x := data.q.r\n'), query: 'data.p.x', data: { q: { r: 'é' } } }, [['é']]],
    ['a frozen clock', { modules: {}, query: 'time.now_ns()', nowNs: 1_700_000_000_000_000_000n }, [[1.7e18]]],
    ['several expressions', { modules: {}, query: '1 == 1; "a"' }, [[true, 'a']]],
  ])('answers %s', async ([, request, values]) => {
    const { results } = valueOf(await toolchain.eval(request))
    expect(results.map((result) => result.values)).toEqual(values)
  })

  test('gives a decision the answers that builtins gave in it', async () => {
    const modules = p('x := [rand.intn("dice", 6), rand.intn("coin", 2)]\n')
    const answers = [
      { name: 'rand.intn', operands: ['"dice"', '6'], answer: '5' },
      { name: 'rand.intn', operands: ['"coin"', '2'], answer: '1' },
    ]
    const { results } = valueOf(await toolchain.eval({ modules, query: 'data.p.x', answers }))
    expect(results[0]?.values).toEqual([[5, 1]])
  })

  test('answers bindings, and what was printed', async () => {
    const { results, output } = valueOf(
      await toolchain.eval({
        modules: p('xs contains x if { some x in [1, 2]; print("at", x) }\n'),
        query: 'data.p.xs[x]',
      }),
    )
    expect(results.map(({ bindings }) => bindings)).toEqual([{ x: 1 }, { x: 2 }])
    expect(output).toBe('at 1\nat 2\n')
  })

  test('keeps what it compiled apart by data, query and modules', async () => {
    const ask = async (value: number) =>
      valueOf(await toolchain.eval({ modules: p('x := data.v\n'), query: 'data.p.x', data: { v: value } })).results[0]
    expect((await ask(1))?.values).toEqual([1])
    expect((await ask(2))?.values).toEqual([2])
    expect((await ask(1))?.values).toEqual([1])
  })

  test.for<readonly [string, Parameters<typeof toolchain.eval>[0], string]>([
    ['a bad query', { modules: {}, query: 'x ==' }, ':1:4 rego_parse_error '],
    ['an unsafe query', { modules: {}, query: 'count(x) > 1' }, ':1:1 rego_unsafe_var_error var x is unsafe'],
    ['bad Rego', { modules: p('x if\n'), query: 'data.p.x' }, 'p.rego:4:1 rego_parse_error '],
    [
      'a conflict',
      { modules: p('f(x) := x\n\nf(x) := x + 1\n'), query: 'data.p.f(1)' },
      'p.rego:5:1 eval_conflict_error functions must not produce multiple outputs for same inputs',
    ],
  ])('refuses %s', async ([, request, error]) => {
    expect(errorsOf(await toolchain.eval(request)).join('\n')).toContain(error)
  })
})

/** Each fail as `rules file:row:col text [operator] value | value`. */
function whyNot(explanation: Explanation | undefined): readonly string[] {
  return (explanation?.fails ?? []).map(({ rules, file, row, col, text, operator, negated, operands }) => {
    const values = operands.map(({ value }) => value).join(' | ')
    return `${rules.join('/')} ${file}:${row}:${col} ${text} [${negated ? 'not ' : ''}${operator}] ${values}`
  })
}

describe('explain', () => {
  test('names the expression and the values at which each body fails', async () => {
    const modules = {
      'règles/accès.rego': `package a

import data.a.lib

env := "dev"

default allow := false

allow if input.action in {"read", "list"}

allow if env == "prod"

allow if lib.is_writer(input.subject)

allow if not env == "dev"

allow if {
	total := sum(input.amounts)
	total < data.limits.small
}
`,
      'lib.rego': 'package a.lib\n\nis_writer(s) if {\n\ts.mfa == true\n}\n',
    }
    const input = { action: 'write', subject: { mfa: false }, amounts: [7, 8] }
    const { results, explanation } = valueOf(
      await toolchain.eval({ modules, query: 'data.a.allow', input, data: { limits: { small: 10 } }, explain: true }),
    )
    expect(results[0]?.values).toEqual([false])
    expect(whyNot(explanation)).toEqual([
      'data.a.allow/data.a.lib.is_writer lib.rego:4:2 s.mfa == true [eq] false | true',
      'data.a.allow règles/accès.rego:9:10 input.action in {"read", "list"} [in] "write" | {"list", "read"}',
      'data.a.allow règles/accès.rego:11:10 env == "prod" [eq] "dev" | "prod"',
      'data.a.allow règles/accès.rego:13:10 lib.is_writer(input.subject) [data.a.lib.is_writer] {"mfa": false}',
      'data.a.allow règles/accès.rego:15:10 not env == "dev" [not eq] "dev" | "dev"',
      'data.a.allow règles/accès.rego:19:2 total < data.limits.small [lt] 15 | 10',
    ])
    expect(explanation?.truncated).toBe(false)
  })

  test('names absent input and the element at which `every` fails', async () => {
    const modules = p(`allow if {
	every h in ["a", "b"] {
		input.headers[h] == "x"
	}
}

allow if startswith(input.name, "staff/")

allow if input.admin
`)
    const { explanation } = valueOf(
      await toolchain.eval({ modules, query: 'data.p.allow', input: { headers: { a: 'x' } }, explain: true }),
    )
    expect(whyNot(explanation)).toEqual([
      'data.p.allow p.rego:4:2 every h in ["a", "b"] {\n\t\tinput.headers[h] == "x"\n\t} [] ["a", "b"]',
      'data.p.allow p.rego:5:3 input.headers[h] == "x" [eq] undefined | "x"',
      'data.p.allow p.rego:9:21 input.name [eq] undefined',
      'data.p.allow p.rego:11:10 input.admin [] undefined',
    ])
  })

  test('shows what held where rules list what denies, and drops failures on the way to success', async () => {
    const modules = p(`allow if count(deny) == 0

deny contains "admin" if {
	some role in input.roles
	role == "admin"
}

deny contains "age" if input.age < 18
`)
    const { results, explanation } = valueOf(
      await toolchain.eval({
        modules,
        query: 'data.p.allow',
        input: { roles: ['guest', 'admin'], age: 30 },
        explain: true,
      }),
    )
    expect(results).toEqual([])
    expect(whyNot(explanation)).toEqual([
      'data.p.allow p.rego:3:10 count(deny) == 0 [eq] 1 | 0',
      'data.p.allow/data.p.deny p.rego:10:24 input.age < 18 [lt] 30 | 18',
    ])
    expect(explanation?.holds).toEqual([
      {
        rule: 'data.p.deny',
        file: 'p.rego',
        row: 5,
        col: 1,
        value: '"admin"',
        refers: [],
        conditions: [
          expect.objectContaining({ row: 6, text: 'some role in input.roles' }),
          expect.objectContaining({
            row: 7,
            text: 'role == "admin"',
            operands: [
              { text: 'role', value: '"admin"' },
              { text: '"admin"', value: '"admin"' },
            ],
          }),
        ],
      },
    ])
  })

  test('answers no explanation unless asked', async () => {
    const { explanation } = valueOf(await toolchain.eval({ modules: p('x := 1\n'), query: 'data.p.x' }))
    expect(explanation).toBeUndefined()
  })
})
