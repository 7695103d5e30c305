import { afterAll, describe, expect, test } from 'vitest'
import { createRegoToolchain } from '../../../pdp/rego/toolchain.ts'
import { errorsOf, orders, ordersData, valueOf } from './policies.ts'
import { inspectPolicy } from './policy-module.ts'

const toolchain = createRegoToolchain()
afterAll(() => toolchain.close())

const one = (text: string) => ({ modules: { 'p.rego': text }, entrypoints: ['p/allow'] })

describe('compile', () => {
  test('answers a module whose entrypoints have the ids of the request', async () => {
    const entrypoints = ['orders/limits', 'orders/decision', 'orders/lib']
    const compiled = valueOf(await toolchain.compile({ modules: orders, entrypoints }))
    expect(compiled.entrypoints).toEqual(entrypoints)
    expect(inspectPolicy(compiled.wasm).entrypoints).toEqual({
      'orders/limits': 0,
      'orders/decision': 1,
      'orders/lib': 2,
    })
  })

  test('tells the builtins of the host from those of the module', async () => {
    const compiled = valueOf(await toolchain.compile({ modules: orders, entrypoints: ['orders/decision'] }))
    expect(compiled.hostBuiltins).toEqual(['time.now_ns'])
    expect(compiled.builtins).toEqual(['gt', 'internal.member_2', 'startswith', 'time.now_ns'])
    expect(Object.keys(inspectPolicy(compiled.wasm).builtins)).toEqual(['time.now_ns'])
  })

  test('answers what a bundle needs beside the module', async () => {
    const compiled = valueOf(
      await toolchain.compile({
        modules: orders,
        entrypoints: ['orders/decision'],
        data: ordersData,
        roots: ['orders'],
        revision: 'r7',
      }),
    )
    expect(compiled.manifest).toEqual({
      revision: 'r7',
      roots: ['orders'],
      rego_version: 1,
      wasm: [
        {
          entrypoint: 'orders/decision',
          module: '/policy.wasm',
          annotations: [{ scope: 'rule', title: 'staff may read' }],
        },
      ],
    })
    expect(Object.keys(compiled.modules)).toEqual(['orders/decision.rego', 'orders/lib.rego'])
    expect(compiled.modules['orders/decision.rego']).not.toContain('time.now_ns')
    expect(compiled.modules['orders/decision.rego']).toContain('import data.orders.decision')
    expect(compiled.plan).toBeUndefined()
  })

  test('answers the plan of the same build when asked', async () => {
    const compiled = valueOf(await toolchain.compile({ modules: orders, entrypoints: ['orders/limits'], plan: true }))
    expect(compiled.plan).toMatchObject({ plans: { plans: [{ name: 'orders/limits' }] } })
  })

  test('answers the same bytes for the same request', async () => {
    const request = { modules: orders, entrypoints: ['orders/decision'] }
    const first = valueOf(await toolchain.compile(request))
    const second = valueOf(await toolchain.compile(request))
    expect(Buffer.from(first.wasm).equals(second.wasm)).toBe(true)
  })

  test('erases print unless it is enabled', async () => {
    const request = one('package p\n\nallow if print("x", input.x)\n')
    expect(valueOf(await toolchain.compile(request)).hostBuiltins).toEqual([])
    expect(valueOf(await toolchain.compile({ ...request, enablePrint: true })).hostBuiltins).toEqual(['internal.print'])
  })

  test('reads version 0 of the language when asked', async () => {
    const request = one('package p\n\nallow { input.x == 1 }\n')
    expect(errorsOf(await toolchain.compile(request))).toEqual([
      'p.rego:3:1 rego_parse_error `if` keyword is required before rule body',
    ])
    const compiled = valueOf(await toolchain.compile({ ...request, regoVersion: 'v0' }))
    expect(compiled.manifest).toMatchObject({ rego_version: 0 })
  })

  test('holds the policy to the functions it is allowed', async () => {
    const request = one('package p\n\nallow if startswith(input.x, "a")\n')
    expect(errorsOf(await toolchain.compile({ ...request, builtins: ['count'] }))).toEqual([
      'p.rego:3:10 rego_type_error undefined function startswith',
    ])
    valueOf(await toolchain.compile({ ...request, builtins: ['startswith'] }))
    valueOf(await toolchain.compile({ ...one('package p\n\nallow if input.x in {1, 1 + 1}\n'), builtins: [] }))
  })

  test.for<readonly [string, Parameters<typeof toolchain.compile>[0], string]>([
    [
      'an entrypoint that no rule has',
      { ...one('package p\n\nallow := 1\n'), entrypoints: ['p/allow', 'p/deny'] },
      ':0:0 rego_entrypoint_error entrypoint "p/deny" does not refer to a rule or policy decision',
    ],
    [
      'no entrypoint',
      { ...one('package p\n'), entrypoints: [] },
      ':0:0 rego_entrypoint_error name at least one entrypoint, such as orders/decision',
    ],
    [
      'a package outside the roots',
      { ...one('package p\n\nallow := 1\n'), roots: ['q'] },
      "p.rego:1:1 rego_roots_error package `p` is outside the bundle's roots",
    ],
    [
      'data outside the roots',
      { ...one('package p\n\nallow := 1\n'), roots: ['p', 'q/r'], data: { q: { r: { a: 1 }, s: 2 } } },
      ":0:0 rego_roots_error data at `q/s` is outside the bundle's roots",
    ],
    [
      'data where a rule stands',
      { ...one('package p\n\nallow := 1\n'), data: { p: { allow: 2 } } },
      'p.rego:3:1 rego_compile_error conflicting rule for data path p/allow found',
    ],
    [
      'a builtin that does not exist',
      { ...one('package p\n\nallow := 1\n'), builtins: ['count', 'no.such'] },
      ':0:0 bad_request builtin `no.such` does not exist in this version of OPA',
    ],
    [
      'an unknown function',
      one('package p\n\nallow if nope(input)\n'),
      'p.rego:3:10 rego_type_error undefined function nope',
    ],
    [
      'an unsafe variable',
      one('package p\n\nallow if {\n\tx > 1\n}\n'),
      'p.rego:4:2 rego_unsafe_var_error var x is unsafe',
    ],
    [
      'a recursion',
      one('package p\n\nallow if not allow\n'),
      'p.rego:3:1 rego_recursion_error rule data.p.allow is recursive: data.p.allow -> data.p.allow',
    ],
    ['an empty file', one(''), 'p.rego:1:1 rego_parse_error empty module'],
  ])('refuses %s', async ([, request, error]) => {
    expect(errorsOf(await toolchain.compile(request))).toEqual([error])
  })

  test('reports the errors of all files, in the order of their places', async () => {
    const modules = { 'b.rego': 'package b\n\nx := \n', 'a.rego': 'package a\n\nallow if {\n\t1 +\n}\n' }
    const places = errorsOf(await toolchain.compile({ modules, entrypoints: ['a/allow'] }))
    expect(places.map((line) => line.split(' ', 1)[0])).toEqual(['a.rego:5:1', 'b.rego:4:1', 'b.rego:4:1'])
  })

  test('counts columns in characters and keeps paths in Unicode', async () => {
    const path = 'règles/注文 📦.rego'
    const modules = { [path]: 'package p\n\nallow if "äö📦" == nope(1)\n' }
    expect(errorsOf(await toolchain.compile({ modules, entrypoints: ['p/allow'] }))).toEqual([
      `${path}:3:19 rego_type_error undefined function nope`,
    ])
    modules[path] = 'package p\n\nallow if input.name == "注文"\n'
    const compiled = valueOf(await toolchain.compile({ modules, entrypoints: ['p/allow'] }))
    expect(Object.keys(compiled.modules)).toEqual([path])
  })
})
