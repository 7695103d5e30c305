import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Builtin } from '../../../pdp/policy/builtins/builtin.ts'
import { buildCorpus, type ConformanceCase } from './corpus.ts'
import { harnessBuiltins } from './harness-builtins.ts'
import { judge } from './judge.ts'
import { countsOf, misses, page, table } from './report.ts'
import { type CaseResult, type RunOptions, runCases } from './run.ts'

/** What must hold at least; raised when builtins are added. */
const floor: { readonly total: number; readonly passed: number } = JSON.parse(
  readFileSync(new URL('./floor.json', import.meta.url), 'utf8'),
)

async function run(options: RunOptions): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = []
  for await (const result of runCases(options)) results.push(result)
  return results
}

const runFolder = (folder: string, builtins: readonly Builtin[]): Promise<readonly CaseResult[]> =>
  run({ builtins, only: (one) => one.folder === folder })

beforeAll(buildCorpus, 300_000)

describe('the harness finds planted faults', () => {
  test.for<readonly [string, (builtin: Builtin) => Builtin]>([
    ['answers the opposite', (builtin) => ({ ...builtin, call: (...given) => builtin.call(...given) !== true })],
    ['throws', (builtin) => ({ ...builtin, call: () => Reflect.apply(JSON.parse, undefined, ['']) })],
  ])('a builtin that %s', async ([, spoil]) => {
    const spoiled = harnessBuiltins.map((one) => (one.name === 'object.subset' ? spoil(one) : one))
    const [sound, faulty] = [await runFolder('v1/subset', harnessBuiltins), await runFolder('v1/subset', spoiled)]
    expect(countsOf(sound)).toEqual({ passed: sound.length, excepted: 0, unsupported: 0, failed: 0 })
    expect(countsOf(faulty).failed).toBeGreaterThanOrEqual(10)
  })

  test('a builtin that does not exist makes its cases unsupported, not passed', async () => {
    const without = harnessBuiltins.filter(({ name }) => name !== 'object.subset')
    const results = await runFolder('v1/subset', without)
    expect(countsOf(results)).toMatchObject({ failed: 0, unsupported: results.length })
  })
})

describe('OPA conformance cases', () => {
  let results: readonly CaseResult[]
  beforeAll(async () => {
    results = await run({ builtins: harnessBuiltins })
  }, 300_000)

  test('none fails, and as many pass as before', () => {
    const counts = countsOf(results)
    console.log(table(results).split('\n').at(-1))
    expect(results).toHaveLength(floor.total)
    expect(counts.failed, misses(results.filter(({ verdict }) => verdict === 'failed'))).toBe(0)
    expect(counts.passed, misses(results)).toBeGreaterThanOrEqual(floor.passed)
  })

  test('the page of conformance shows these figures', async () => {
    await expect(page(results)).toMatchFileSnapshot('../../../docs/reference/conformance.md')
  })

  test('whatever passed fails once its expectation is altered', () => {
    const kinds = new Map<string, number>()
    for (const { tried, verdict, outcome } of results) {
      if (verdict !== 'passed' || !outcome) continue
      const { kind, wanted } = altered(tried)
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
      expect(judge(wanted, outcome), `${tried.file}#${tried.index}`).toBeDefined()
    }
    console.log(`expectations altered: ${[...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ')}`)
    for (const count of kinds.values()) expect(count).toBeGreaterThanOrEqual(20)
    expect([...kinds.keys()].sort()).toEqual(['conflicts', 'results', 'strict errors'])
  })
})

/** The case with another expectation, which what it got cannot meet. */
function altered(tried: ConformanceCase): { readonly kind: string; readonly wanted: ConformanceCase } {
  const { wantResult, strictError, ...rest } = tried
  if (wantResult !== undefined) {
    const more = wantResult === '[]' ? '[{}]' : wantResult.replace(/\]$/, ',{"planted":true}]')
    return { kind: 'results', wanted: { ...tried, wantResult: more } }
  }
  if (strictError === true) return { kind: 'strict errors', wanted: rest }
  return { kind: 'conflicts', wanted: { ...rest, strictError: true } }
}
