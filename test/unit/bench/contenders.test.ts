import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { countOccurrences } from '../../../bench/contenders/count-occurrences.ts'
import { memberAt } from '../../../bench/contenders/member-at.ts'
import { toOpaRules } from '../../../bench/contenders/opa.ts'
import { questionOf } from '../../../bench/contenders/question.ts'
import { repository } from '../../../bench/repository.ts'

test('records are counted across the borders of what is read at once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-test-'))
  try {
    const path = join(folder, 'records.ndjson')
    const line = `${JSON.stringify({ kind: 'decision', filler: 'x'.repeat(97) })}\n`
    await writeFile(path, `${line.repeat(30_000)}{"kind":"stop"}\n`)
    expect(await countOccurrences(path, '"kind":"decision"')).toBe(30_000)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test.for([
  [{ a: [{ b: 1 }] }, ['a', 0, 'b'], 1],
  [{ a: [] }, ['a', 0, 'b'], undefined],
  [null, ['a'], undefined],
  ['text', ['length'], undefined],
] as const)('%j at %j is %j', ([value, path, expected]) => {
  expect(memberAt(value, ...path)).toBe(expected)
})

test('what the first gate puts into the input stands nowhere in the rules that OPA is given', async () => {
  const folder = join(repository, 'policies', 'orders')
  const rules = (await readdir(folder)).filter((file) => file.endsWith('.rego') && !file.endsWith('_test.rego'))
  const texts = await Promise.all(rules.map((file) => readFile(join(folder, file), 'utf8')))
  const inputs = texts.flatMap((text) => toOpaRules(text).match(/^[^#\n]*\binput\.\w+/gm) ?? [])
  expect(inputs.length).toBeGreaterThan(0)
  expect(inputs.filter((line) => !/input\.(?:action|resource|request)$/.test(line))).toEqual([])
})

test('the question holds what is presented and nothing else', () => {
  expect(questionOf('orders', {}).request?.headers).toEqual({ accept: 'application/json' })
  expect(questionOf('orders', { authorization: 'DPoP t', proof: 'p' }).request?.headers).toEqual({
    accept: 'application/json',
    authorization: 'DPoP t',
    dpop: 'p',
  })
  expect(questionOf('catalog', { authorization: 'Bearer t' }).request).toBeUndefined()
})
