import { beforeAll, expect, test } from 'vitest'
import type { ReadTree } from '../../../../pdp/core/read-tree.ts'
import { checkDataSoundness, checkSoundness, countsLine, type DataSubject, noCounts } from './check-soundness.ts'
import { prepareSubjects } from './subjects.ts'

// Whatever an entrypoint's read set leaves out of an input never changes its result. SALLYPORT_READ_SET_SECONDS makes the
// search longer than the 10 s that every run of the tests takes, SALLYPORT_READ_SET_SEED makes it another one.

const setting = (name: string, absent: number): number => Number(process.env[name] ?? absent)
const searchSeconds = setting('SALLYPORT_READ_SET_SECONDS', 10)
const seed = setting('SALLYPORT_READ_SET_SEED', 1)

let subjects: readonly DataSubject[]
beforeAll(async () => {
  subjects = await prepareSubjects()
}, 60_000)

test('an unsound read set is found: each with one path taken out', () => {
  let planted = 0
  let found = 0
  const unfound: string[] = []
  for (const subject of subjects) {
    const trees = [...thinned(subject.tree)]
    let caught = 0
    for (const tree of trees) {
      const search = { seed, until: performance.now() + 10 }
      if (checkSoundness({ ...subject, tree }, noCounts(), search)) caught++
    }
    planted += trees.length
    found += caught
    if (trees.length > 0 && caught === 0) unfound.push(subject.name)
  }
  console.log(`read sets with a path taken out: ${planted}, found unsound: ${found}`)
  expect(unfound).toEqual([])
  expect(found).toBeGreaterThan(planted * 0.85)
})

test(
  'nothing outside the read set changes a result, and a projection has the result of the whole',
  () => {
    const counts = noCounts()
    const each = (searchSeconds * 1000) / subjects.length
    for (const subject of subjects) {
      const search = { seed, until: performance.now() + each }
      expect(checkSoundness(subject, counts, search), subject.name).toBeUndefined()
    }
    console.log(`read sets: ${subjects.length} policies, seed ${seed}, ${countsLine(counts)}`)
    expect(subjects.length).toBeGreaterThanOrEqual(40)
    expect(Math.min(counts.outside, counts.defined, counts.holding)).toBeGreaterThan(1_000)
    expect(counts.aborted).toBeGreaterThan(20)
  },
  searchSeconds * 2_000 + 60_000,
)

test('nothing outside what is read of the base documents changes a result', () => {
  const reading = subjects.filter(({ data, dataTree }) => Object.keys(data).length > 0 && dataTree !== 'whole')
  const counts = { tried: 0, changed: 0, planted: 0, found: 0 }
  for (const subject of reading) {
    const { tried, changed, found } = checkDataSoundness(subject, 150)
    expect(found, subject.name).toBeUndefined()
    counts.tried += tried
    counts.changed += changed
    for (const dataTree of thinned(subject.dataTree)) {
      counts.planted++
      if (checkDataSoundness({ ...subject, dataTree }, 40).found !== undefined) counts.found++
    }
  }
  console.log(
    `base documents whole and projected: ${counts.tried} under ${reading.length} policies, ${counts.changed} with other results; with a path taken out: ${counts.planted}, found unsound: ${counts.found}`,
  )
  expect(counts.changed).toBeGreaterThan(100)
  expect(counts.found).toBeGreaterThan(counts.planted * 0.6)
})

/** Every tree with one part less: without a member, without all others, without its value or what is in it. */
function* thinned(tree: ReadTree): Generator<ReadTree> {
  if (tree === 'whole') return void (yield {})
  const { value, members = {}, each } = tree
  if (value) yield { members, ...(each && { each }) }
  if (each) yield { ...(value && { value }), members }
  for (const [name, inner] of Object.entries(members)) {
    const { [name]: _taken, ...others } = members
    yield { ...tree, members: others }
    for (const less of thinned(inner)) yield { ...tree, members: { ...others, [name]: less } }
  }
  if (each) for (const less of thinned(each)) yield { ...tree, each: less }
}
