import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../../architecture/project.ts'
import { command } from '../../unit/cli/harness.ts'

let folder = ''
const orders = join(root, 'bundles', 'orders.yaml')
const changed = () => join(folder, 'bundles', 'orders.yaml')

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-diff-'))
  await cp(join(root, 'policies', 'orders'), join(folder, 'policies', 'orders'), { recursive: true })
  await mkdir(join(folder, 'bundles'))
  const definition = await readFile(orders, 'utf8')
  await writeFile(changed(), definition.replace(/^corpus:.*$/m, ''))
  const edit = async (name: string, from: string, to: string) => {
    const path = join(folder, 'policies', 'orders', name)
    const text = await readFile(path, 'utf8')
    expect(text).toContain(from)
    await writeFile(path, text.replace(from, to))
  }
  await edit('rights.rego', 'question.action in environment_rights', 'question.action != environment_rights')
  await edit('data.json', '"level": 2', '"level": 3')
  await writeFile(join(folder, 'policies', 'orders', 'more.rego'), 'package orders.more\n\nhello := "world"\n')
})
afterAll(async () => rm(folder, { recursive: true }))

test('diff names rules, data by pointer, and decisions by rule', { timeout: 60_000 }, async () => {
  const { code, out, said } = await command(['diff', orders, changed()])
  expect({ code, said }).toEqual({ code: 1, said: '' })
  expect(out).toMatch(/^changed rule data\.orders\.standing_right {2}.*policies\/orders\/rights\.rego:\d+:1$/m)
  expect(out).toMatch(/^added {3}rule data\.orders\.more\.hello {2}.*more\.rego:3:1$/m)
  expect(out).toContain('data /orders/classes/confidential/level: 2 → 3\n')
  expect(out).toMatch(/^deny→allow: 1\n {7}1 {2}no_right → standing_right {2}checkout-cancels-in-production$/m)
  expect(out).toMatch(/1 of 12 decisions differ\n$/)
})

test('diff of a definition and its bundle, and of what is no policy', { timeout: 60_000 }, async () => {
  const same = await command(['diff', orders, join(root, 'bundles', 'dist', 'orders.tar.gz'), '--json'])
  expect(same.code, same.out).toBe(0)
  expect(JSON.parse(same.out)).toMatchObject({ module: false, data: [], decisions: [], cases: 12 })
  const none = await command(['diff', orders, join(folder, 'none.tar.gz')])
  expect(none).toMatchObject({ code: 3, out: '' })
})

test('bench times every stage, cold and warm', { timeout: 60_000 }, async () => {
  const { code, out, said } = await command(['bench', orders, '--rounds', '50', '--json'])
  expect({ code, said }).toEqual({ code: 0, said: '' })
  const { stages, cases } = JSON.parse(out) as {
    readonly cases: number
    readonly stages: readonly { readonly stage: string; readonly cold: number; readonly warm: number }[]
  }
  expect(cases).toBe(12)
  expect(stages.map(({ stage }) => stage)).toEqual([
    'parse Rego',
    'compile Rego',
    'read bundle',
    'compile module',
    'instantiate',
    'write input',
    'evaluate',
    'read result',
  ])
  for (const { stage, cold, warm } of stages) expect(Math.min(cold, warm), stage).toBeGreaterThan(0)
  expect(await command(['bench', orders, '--rounds', 'many'])).toMatchObject({ code: 64, out: '' })
})
