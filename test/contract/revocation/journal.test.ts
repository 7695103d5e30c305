import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openJournal } from '../../../pdp/revocation/journal.ts'
import { createRevocationStore } from '../../../pdp/revocation/store.ts'
import { createTestClock } from '../../support/clock.ts'
import { liftOf, revokeOf, tokenOf } from '../../support/revocation-changes.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-journal-'))
  path = join(folder, 'revocations', 'changes.log')
})
afterEach(() => rm(folder, { recursive: true }))

const three = ['a', 'b', 'c'].map((id) => revokeOf(id))

async function written(): Promise<Buffer> {
  const journal = await openJournal(path)
  for (const change of three) await journal.append([change], 7)
  await journal.close()
  return readFile(path)
}

async function reopened(bytes: Uint8Array) {
  await writeFile(path, bytes)
  const journal = await openJournal(path)
  await journal.append([revokeOf('next')], 8)
  await journal.close()
  const again = await openJournal(path)
  await again.close()
  return { ids: again.entries.map(({ change }) => change.id), damaged: again.damaged, first: journal }
}

test('what was appended is there after a restart, with its epoch; only its owner may read it', async () => {
  await written()
  const journal = await openJournal(path)
  await journal.close()
  expect(journal.entries).toEqual(three.map((change) => ({ epoch: 7, change })))
  expect(journal.damaged).toEqual([])
  expect([(await stat(path)).mode & 0o777, (await stat(join(folder, 'revocations'))).mode & 0o777]).toEqual([
    0o600, 0o700,
  ])
})

test('a file cut anywhere: whole lines stay, the torn one goes, and what comes next is whole', async () => {
  const bytes = await written()
  const ends = [...bytes.keys()].filter((i) => bytes[i] === 0x0a)
  for (let length = 0; length <= bytes.length; length++) {
    const { ids } = await reopened(bytes.subarray(0, length))
    const whole = ends.filter((end) => end <= length).length // a line that lacks its end alone is whole
    expect(ids, `cut at ${length}`).toEqual([...['a', 'b', 'c'].slice(0, whole), 'next'])
    await rm(join(folder, 'revocations'), { recursive: true })
    await written()
  }
}, 30_000)

test('every altered byte: no revocation is lost without a word, and the damaged file is kept as it is', async () => {
  const bytes = await written()
  for (let i = 0; i < bytes.length; i += 7) {
    const altered = Buffer.from(bytes)
    altered[i] = (altered[i] ?? 0) ^ 0x04
    const { ids, damaged } = await reopened(altered)
    expect(damaged, `byte ${i}`).toHaveLength(1)
    expect(await readFile(damaged[0] ?? '')).toEqual(altered)
    expect(ids.length, `byte ${i}`).toBeGreaterThanOrEqual(3) // two of three, and the next
    await rm(join(folder, 'revocations'), { recursive: true })
    await written()
  }
}, 30_000)

test('the last line end altered is damage, and its revocation stays', async () => {
  const bytes = await written()
  const { ids, damaged } = await reopened(Buffer.concat([bytes.subarray(0, -1), Buffer.from('x')]))
  expect([ids, damaged.length]).toEqual([['a', 'b', 'c', 'next'], 1])
})

test.for<readonly [string, (lines: readonly string[]) => readonly string[], readonly string[]]>([
  ['lost', ([a = '', , c = '']) => [a, c], ['a', 'c', 'next']],
  ['doubled', ([a = '', b = '', c = '']) => [a, b, b, c], ['a', 'b', 'b', 'c', 'next']],
  ['moved', ([a = '', b = '', c = '']) => [a, c, b], ['a', 'c', 'b', 'next']],
])('a line that was %s is damage', async ([, alter, expected]) => {
  const lines = (await written()).toString().split(/(?<=\n)/)
  const { ids, damaged } = await reopened(Buffer.from(alter(lines).join('')))
  expect([ids, damaged.length]).toEqual([expected, 1])
})

test('a link is not followed', async () => {
  await written()
  await rm(path)
  await symlink(join(folder, 'elsewhere'), path)
  await expect(openJournal(path)).rejects.toThrow(/ELOOP/)
})

describe('the store over it', () => {
  test('what is added is found at once, and after a restart; a lift too', async () => {
    const clock = createTestClock()
    const store = createRevocationStore(clock, await openJournal(path))
    const find = (of: typeof store, id: string) => of.find([tokenOf(id) as { by: 'jti'; issuer: string; id: string }])
    const adding = store.add([revokeOf('a'), revokeOf('b')], 3)
    expect(find(store, 'a')).not.toBe('clear')
    expect((await adding).map(({ id }) => id)).toEqual(['a', 'b'])
    expect(await store.add([revokeOf('a'), liftOf('x', tokenOf('b'), ['b'])], 4)).toMatchObject([{ id: 'x' }])
    await store.close()
    const again = createRevocationStore(clock, await openJournal(path))
    expect([find(again, 'a') === 'clear', find(again, 'b'), again.epoch()]).toEqual([false, 'clear', 4])
    expect(again.status()).toEqual({ changes: 3, stored: true, damaged: [] })
    await again.close()
  })

  test('it does not grow with what ended', async () => {
    const clock = createTestClock()
    const store = createRevocationStore(clock, await openJournal(path))
    for (let n = 0; n < 4_000; n++) {
      if (n % 1_000 === 0) clock.advance(2 * 24 * 3_600)
      await store.add([{ ...revokeOf(`${n}`, tokenOf('t')), at: clock(), until: clock() }], n)
    }
    expect(store.size()).toBeLessThan(2_500)
    await store.add([revokeOf('last')], 9_999)
    await store.close()
    const again = await openJournal(path)
    await again.close()
    expect(again.lines()).toBeLessThan(3_500)
    expect(again.entries.at(-1)).toMatchObject({ change: { id: 'last' } })
    expect(again.damaged).toEqual([])
  }, 20_000)

  test('a disk that refuses: in force all the same, told, and written when it takes things again', async () => {
    const journal = await openJournal(path)
    let full = true
    const store = createRevocationStore(createTestClock(), {
      ...journal,
      append: (...args) => (full ? Promise.reject(new Error('ENOSPC')) : journal.append(...args)),
    })
    await expect(store.add([revokeOf('a')], 1)).rejects.toThrow('ENOSPC')
    expect(store.status().stored).toBe(false)
    expect(store.find([tokenOf('a') as never])).not.toBe('clear')
    full = false
    await store.add([revokeOf('b')], 2)
    expect(store.status().stored).toBe(true)
    await store.close()
    const again = await openJournal(path)
    expect(again.entries.map(({ change }) => change.id)).toEqual(['a', 'b'])
    await again.close()
  })
})
