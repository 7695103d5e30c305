import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type Code, codes } from '../../../pdp/core/codes.ts'
import { scenario } from '../../../pdp/process/demo/scenario/scenario.ts'
import { runSallyport } from './demo-process.ts'

const start = fileURLToPath(new URL('../../../pdp/process/demo/main.ts', import.meta.url))
const planted = fileURLToPath(new URL('planted-process.ts', import.meta.url))
const rows = scenario.flatMap((group) => group.rows)

describe('npm run demo', () => {
  test('prints each row as it was expected, plain where nobody looks, and ends with 0', async () => {
    const demo = runSallyport([], {}, { start })
    expect(await demo.ended, demo.err()).toBe(0)
    const text = demo.out()
    expect(text).toMatch(new RegExp(`^${rows.length} of ${rows.length} rows as expected$`, 'm'))
    for (const { asked, expected } of rows) {
      const line = text.split('\n').find((each) => each.includes(`  ${asked} `))
      expect(line, asked).toContain(` ${expected.decided} `)
      expect(line, asked).toContain(`${expected.code} `)
      expect(line, asked).toContain(`  ${expected.why} · `)
    }
    expect(text).not.toContain('\u001b')
    expect(text + demo.err()).not.toMatch(/eyJ|sp_pep_/)
  })

  test('shows colours where they are asked for', async () => {
    const demo = runSallyport([], { FORCE_COLOR: '1' }, { start })
    expect(await demo.ended, demo.err()).toBe(0)
    expect(demo.out()).toContain('\u001b')
  })

  test.for([
    ['nothing', 0],
    ['decided', 1],
    ['code', 1],
    ['why', 1],
  ] as const)('with a planted fault in %s of one row ends with %i', async ([member, code]) => {
    const demo = runSallyport([member], {}, { start: planted })
    expect(await demo.ended, demo.err()).toBe(code)
    expect(demo.out().includes('not as expected')).toBe(code === 1)
  })

  test('NODE_ENV=production is refused', async () => {
    const demo = runSallyport([], { NODE_ENV: 'production' }, { start })
    expect(await demo.ended).toBe(1)
    expect(demo.err()).toContain('--demo: is not for production: NODE_ENV says so')
    expect(demo.out()).toBe('')
  })
})

describe('the scenario', () => {
  test('asks what it must, each once', () => {
    expect(rows.length).toBeGreaterThanOrEqual(18)
    expect(new Set(rows.map(({ asked }) => asked)).size).toBe(rows.length)
  })

  test('expects codes that exist', () => {
    const known = Object.keys(codes) as Code[] // the keys of that very table
    for (const { expected } of rows) expect(known).toContain(expected.code)
  })

  test('has an allow in every group that denies by policy or proof', () => {
    const allows = scenario.filter((group) => group.rows.some(({ expected }) => expected.decided === 'allow'))
    expect(allows.map(({ title }) => title)).toEqual([
      'Who is calling',
      'Does the caller hold the key its token is bound to',
      'What the caller may do',
      'An agent on behalf of a user',
    ])
  })
})
