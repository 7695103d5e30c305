import { expect, test } from 'vitest'
import { partialTiles, readTilePath, type Tile, tilePath } from '../../../../pdp/audit/tree/tile-path.ts'

const cases: readonly (readonly [string, Tile])[] = [
  ['tile/0/000', { level: 0, index: 0, width: 256 }],
  ['tile/0/999.p/1', { level: 0, index: 999, width: 1 }],
  ['tile/3/x001/000', { level: 3, index: 1000, width: 256 }],
  ['tile/63/x001/x234/067.p/255', { level: 63, index: 1_234_067, width: 255 }],
  ['tile/entries/x001/x234/067', { level: 'entries', index: 1_234_067, width: 256 }],
]

test.for(cases)('%s', ([path, tile]) => {
  expect(tilePath(tile)).toBe(path)
  expect(readTilePath(path)).toEqual(tile)
})

test.for([
  '',
  'checkpoint',
  'tile/00/000',
  'tile/64/000',
  'tile/-1/000',
  'tile/0/1',
  'tile/0/0001',
  'tile/0/001/000',
  'tile/0/x000/000',
  'tile/0/000.p/0',
  'tile/0/000.p/01',
  'tile/0/000.p/256',
  'tile/0/000.p/',
  'tile/0/../../records.ndjson',
  '/tile/0/000',
  'tile/entries',
  'tile/0/x999/x999/x999/x999/x999/999',
])('no tile: %s', (path) => {
  expect(readTilePath(path)).toBeUndefined()
})

// the example of C2SP tlog-tiles, Partial Tiles
test('the partial tiles of a tree of 70,000 leaves', () => {
  expect(partialTiles(70_000)).toEqual([
    { level: 0, index: 273, width: 112 },
    { level: 1, index: 1, width: 17 },
    { level: 2, index: 0, width: 1 },
  ])
  expect(partialTiles(256)).toEqual([{ level: 1, index: 0, width: 1 }])
  expect(partialTiles(0)).toEqual([])
})
