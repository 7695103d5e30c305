import { afterAll, describe, expect, test } from 'vitest'
import { createRegoToolchain } from '../../../pdp/rego/toolchain.ts'
import { errorsOf, orders, valueOf } from './policies.ts'

const toolchain = createRegoToolchain()
afterAll(() => toolchain.close())

const p = (text: string) => ({ 'p.rego': text })

describe('check', () => {
  test('accepts good modules', async () => {
    expect(valueOf(await toolchain.check({ modules: orders }))).toEqual({ files: Object.keys(orders) })
  })

  const schemas = { input: { type: 'object', properties: { user: { type: 'string' } }, additionalProperties: false } }
  const annotated = '# METADATA\n# schemas:\n#   - data.acl: schema.acl\nallow if data.acl.ownr == 1\n'

  test.for<readonly [string, Parameters<typeof toolchain.check>[0], string]>([
    [
      'an unused variable',
      { modules: p('package p\n\nf(x) := 1\n') },
      'p.rego:3:1 rego_compile_error unused argument x. (hint: use _ (wildcard variable) instead)',
    ],
    [
      'an unused import',
      { modules: p('package p\n\nimport data.q\n\nallow := 1\n') },
      'p.rego:3:1 rego_compile_error import data.q unused',
    ],
    [
      'a field that the schema of input has not',
      { modules: p('package p\n\nallow if input.usr == "a"\n'), schemas },
      'p.rego:3:10 rego_type_error undefined ref: input.usr',
    ],
    [
      'a field that the schema of an annotation has not',
      { modules: p(`package p\n\n${annotated}`), schemas: { acl: schemas.input } },
      'p.rego:6:10 rego_type_error undefined ref: data.acl.ownr',
    ],
    [
      'a function that is not allowed',
      { modules: p('package p\n\nallow if count(input.x) == 1\n'), builtins: [] },
      'p.rego:3:10 rego_type_error undefined function count',
    ],
  ])('refuses %s', async ([, request, error]) => {
    expect(errorsOf(await toolchain.check(request))).toEqual([error])
  })
})

describe('format', () => {
  test('lays out every module and says which changed', async () => {
    const tidy = 'package p\n\nallow if input.x == 1\n'
    const modules = { 'a.rego': 'package   p\nallow   if input.x==1', 'b.rego': tidy }
    expect(valueOf(await toolchain.format({ modules }))).toEqual({
      files: { 'a.rego': { text: tidy, changed: true }, 'b.rego': { text: tidy, changed: false } },
    })
  })

  test('refuses what it cannot read', async () => {
    expect(errorsOf(await toolchain.format({ modules: p('package p\n\nallow if if\n') }))).toEqual([
      'p.rego:4:1 rego_parse_error unexpected eof token',
    ])
  })
})

describe('parse', () => {
  const modules = p('package p\n\nallow if input.x == 1\n')

  test('answers the syntax tree', async () => {
    const { modules: trees } = valueOf(await toolchain.parse({ modules }))
    expect(trees['p.rego']).toMatchObject({ rules: [{ head: { name: 'allow' } }] })
    expect(JSON.stringify(trees)).not.toContain('location')
  })

  test('adds locations when asked, and only then', async () => {
    const located = valueOf(await toolchain.parse({ modules, locations: true }))
    expect(located.modules['p.rego']).toMatchObject({ rules: [{ location: { file: 'p.rego', row: 3, col: 1 } }] })
    expect(JSON.stringify(valueOf(await toolchain.parse({ modules })))).not.toContain('location')
  })
})

describe('capabilities', () => {
  const namesOf = (capabilities: Readonly<Record<string, unknown>>): readonly unknown[] =>
    Array.isArray(capabilities['builtins']) ? capabilities['builtins'].map((builtin) => Object(builtin).name) : []

  test('answers what this version of OPA has', async () => {
    const { capabilities, native } = valueOf(await toolchain.capabilities({}))
    expect(namesOf(capabilities).length).toBeGreaterThan(200)
    expect(native).toContain('startswith')
    expect(native).not.toContain('time.now_ns')
  })

  test('answers them restricted, operators always among them', async () => {
    const { capabilities } = valueOf(await toolchain.capabilities({ builtins: ['count'] }))
    expect(namesOf(capabilities)).toEqual(expect.arrayContaining(['count', 'eq', 'plus', 'internal.member_2']))
    expect(namesOf(capabilities)).not.toContain('startswith')
  })
})
