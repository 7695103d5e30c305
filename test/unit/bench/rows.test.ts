import { expect, test } from 'vitest'
import { median } from '../../../bench/measure/median.ts'
import { type Figure, rowsOf, tableOf, verification } from '../../../bench/rows.ts'
import { works } from '../../../bench/works.ts'

test.for([
  [[3], 3],
  [[9, 1, 5], 5],
  [[4, 1, 3, 2], 2.5],
  [[], Number.NaN],
] as const)('the median of %j is %d', ([figures, expected]) => {
  expect(median(figures)).toBe(expected)
})

const [same, fresh] = works
const figures: readonly Figure[] = [
  ...[40, 44, 400].map((us) => ({ work: same?.title, of: 'ours', us })),
  ...[440, 400, 470].map((us) => ({ work: same?.title, of: 'theirs', us })),
  { work: fresh?.title, of: 'ours', us: 100 },
  { work: undefined, of: verification, us: 80 },
]

test('a row sets medians side by side, and says how many times ours the peer costs', () => {
  expect(rowsOf(works.slice(0, 2), 'ours', figures)).toEqual([
    { work: same?.title, ours_us: 44, peer: 'theirs', peer_us: 440, ratio: 10 },
    { work: fresh?.title, ours_us: 100, peer: verification, peer_us: 80, ratio: 0.8 },
  ])
})

test('the table has a line for each row', () => {
  const lines = tableOf(rowsOf(works.slice(0, 1), 'ours', figures)).split('\n')
  expect(lines).toEqual([
    'work                  ours µs  peer    peer µs  peer / ours',
    'the same ES256 token     44.0  theirs    440.0       10.00×',
  ])
})

test('works have names of their own', () => {
  expect(new Set(works.map(({ name }) => name)).size).toBe(works.length)
})
