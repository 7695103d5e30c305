import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instant } from '../../pdp/core/time.ts'
import { attacksPage } from './attacks-page.ts'
import { catalogue } from './catalogue.ts'
import { coverage } from './coverage.ts'
import { judge } from './judge.ts'
import { foundByPlant, startPlantedTarget } from './planted.ts'
import { forgedTokens, signedTokens } from './rows/tokens.ts'
import { startTarget, type Target } from './target.ts'

// Every attack of the catalogue on a decision point as its users compose it, through its HTTP door.

const present = instant(Date.now())
let target: Target

beforeAll(async () => {
  target = await startTarget(() => present)
}, 60_000) // the example bundle may have to be built
afterAll(() => target.close())

const attacks = Object.values(catalogue).flat()

test('finds a planted gate that believes what a token says', async () => {
  const planted = await startPlantedTarget(() => present)
  const holes: string[] = []
  for (const attack of [...forgedTokens, ...signedTokens]) {
    if ((await judge(attack, planted, present)).verdict === 'allowed') holes.push(attack.id)
  }
  await planted.close()
  expect(holes).toEqual(expect.arrayContaining([...foundByPlant]))
})

describe.each(Object.entries(catalogue))('attacks on %s', (_, attacks) => {
  test.each(attacks)('$id: $name ($source)', async (attack) => {
    const { verdict, twin, attack: outcome } = await judge(attack, target, present)
    expect(twin, 'the twin without the defect must be allowed').toMatchObject({ code: 'ALLOWED' })
    expect(outcome).toEqual({ decision: 'deny', code: attack.code, clause: attack.clause })
    expect(verdict).toBe('refused')
  })
})

test('the page of attacks is that of the catalogue', async () => {
  await expect(attacksPage()).toMatchFileSnapshot('../../docs/reference/attacks.md')
})

test('an attack stands in the catalogue once', () => {
  const ids = attacks.map(({ id }) => id)
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([])
})

describe('what is known to have been done elsewhere', () => {
  const ids = new Set(attacks.map(({ id }) => id))
  test.each(Object.entries(coverage))('%s', (_, covered) => {
    const rows = 'rows' in covered ? covered.rows : []
    const tests = 'tests' in covered ? (covered.tests ?? []) : []
    expect(rows.filter((id) => !ids.has(id))).toEqual([])
    const gone = tests.filter(({ file, says }) => !readFileSync(file, 'utf8').includes(says))
    expect(gone).toEqual([])
    expect(rows.length + tests.length > 0 || 'notTaken' in covered).toBe(true)
  })
})
