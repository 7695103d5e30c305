import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { makeNoteSigner } from '../../../pdp/audit/tree/note-key.ts'
import { flipEveryByte, flipForPython, ownVerifier } from '../../audit-tamper/flip-every-byte.ts'
import { makeLog, type RestingLog } from '../../audit-tamper/make-log.ts'
import { command } from '../../unit/cli/harness.ts'

const python = fileURLToPath(new URL('../../../deploy/verify/verify.py', import.meta.url))

let base = ''
let sound: RestingLog
let log: RestingLog
beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'tamper-'))
  sound = await makeLog(join(base, 'sound'), 300)
})
afterAll(() => rmSync(base, { recursive: true }))
beforeEach(() => {
  const folder = join(base, 'copy')
  rmSync(folder, { recursive: true, force: true })
  cpSync(sound.folder, folder, { recursive: true })
  log = { ...sound, folder }
})

describe('a flipped bit is found, and its file named; the whole of it is npm run test:audit-tamper', () => {
  const slice = { of: () => true, stride: 2_999, first: 11 }

  test('a verifier that sees nothing misses every flip', () => {
    const { flips, missed } = flipEveryByte(log, slice, () => [])
    expect(missed).toHaveLength(flips)
    expect(flips).toBeGreaterThan(30)
  })

  test('ours misses none', () => {
    expect(flipEveryByte(log, slice, ownVerifier).missed).toEqual([])
    const small = { ...slice, of: (path: string) => !/records.ndjson$|tile.0.000$/.test(path), stride: 13 }
    expect(flipEveryByte(log, small, ownVerifier).missed).toEqual([])
  })

  test('nor does the one in Python', async () => {
    expect((await flipForPython(log, slice)).missed).toEqual([])
  })
})

/** Runs both verifiers as their users do: exit codes, and what they say. */
async function verify(more: readonly string[] = [], vkey = log.vkeyFile) {
  const own = await command(['audit', 'verify', log.folder, '--vkey', vkey, ...more])
  const other = spawnSync('python3', [python, log.folder, vkey, ...more], { encoding: 'utf8' })
  return { codes: [own.code, other.status], said: [own.said, other.stderr], own }
}

const path = (name: string) => join(log.folder, name)
const lines = () => readFileSync(path('records.ndjson'), 'utf8').split('\n').slice(0, -1)
const write = (all: readonly string[]) => writeFileSync(path('records.ndjson'), all.map((line) => `${line}\n`).join(''))
const renumbered = (all: readonly string[]) => all.map((line, i) => line.replace(/"seq":\d+/, `"seq":${i}`))

describe('both verifiers agree', () => {
  test('on a log that is sound: what it tells of losses is no fault', async () => {
    const { codes, own } = await verify()
    expect(codes).toEqual([0, 0])
    expect(own.out).toMatch(/^sound: 300 of 300 records are under the checkpoint, root \S{44}\n$/)
    expect(own.said).toBe('record 1 tells of a loss: torn-line\n')
  })

  const rows: readonly (readonly [string, () => void, number, string])[] = [
    ['a record taken out', () => write(renumbered(lines().toSpliced(100, 1))), 3, 'records.ndjson'],
    ['the last record taken away', () => write(lines().slice(0, -1)), 3, 'records.ndjson'],
    ['a record put in', () => write(renumbered(lines().toSpliced(9, 0, lines()[8] ?? ''))), 2, 'records.ndjson'],
    [
      'two records exchanged',
      () => write(renumbered(lines().toSpliced(5, 2, lines()[6] ?? '', lines()[5] ?? ''))),
      2,
      'records.ndjson',
    ],
    [
      'a deny made an allow',
      () => write(lines().map((line, i) => (i === 3 ? line.replace('"effect":"deny"', '"effect":"allow"') : line))),
      2,
      'records.ndjson',
    ],
    ['a log that is gone', () => rmSync(path('records.ndjson')), 3, 'records.ndjson'],
    ['a checkpoint that is gone', () => rmSync(path('tree/checkpoint')), 3, 'tree/checkpoint'],
    ['a tile that is gone', () => rmSync(path('tree/tile/0/000')), 3, 'tree/tile/0/000'],
    ['a partial tile that is gone', () => rmSync(path('tree/tile/1/000.p/1')), 3, 'tree/tile/1/000.p/1'],
    [
      'a tile under another name',
      () => renameSync(path('tree/tile/1/000.p/1'), path('tree/tile/1/001')),
      2,
      'tree/tile/1/001',
    ],
    ['a folder that is not there', () => rmSync(log.folder, { recursive: true }), 3, 'records.ndjson'],
    ['a torn line that is gone', () => rmSync(path('records.ndjson.torn-1')), 3, 'records.ndjson.torn-1'],
  ]
  test.for(rows)('%s', async ([, damage, code, file]) => {
    damage()
    const { codes, said } = await verify()
    expect(codes).toEqual([code, code])
    for (const text of said) expect(text).toContain(`${file}: `)
  })

  test('on a line after the last whole one, as a crash leaves it', async () => {
    writeFileSync(path('records.ndjson'), '{"v":1', { flag: 'a' })
    expect((await verify()).codes).toEqual([0, 0])
  })

  test('on another key, and on none', async () => {
    const other = makeNoteSigner(() => log.verifier.name)
    expect((await verify([], other.vkey)).codes).toEqual([4, 4])
    expect((await verify([], 'nothing')).codes).toEqual([4, 4])
  })

  test('on a checkpoint that was saved: the log began with it, or not', async () => {
    const saved = join(base, 'saved')
    writeFileSync(saved, readFileSync(path('tree/checkpoint')))
    expect((await verify(['--since', saved])).codes).toEqual([0, 0])
    const shorter = await makeLog(join(base, 'shorter'), 200)
    // the same key for another log, as one who holds key and disk can make it
    const { codes: none } = await verify(['--since', join(shorter.folder, 'tree/checkpoint')])
    expect(none).toEqual([4, 4])
    log = { ...sound, folder: shorter.folder, vkeyFile: shorter.vkeyFile }
    const { codes } = await verify(['--since', saved])
    expect(codes).toEqual([4, 4])
  })
})

describe('a log whose key was replaced', () => {
  test('is verified by each of its keys, and by no key that nobody signed for', async () => {
    const [first = '', second = ''] = readFileSync(log.vkeyFile, 'utf8').split('\n')
    expect(second).not.toBe('')
    expect((await verify([], first)).codes).toEqual([0, 0])
    expect((await verify([], second)).codes).toEqual([0, 0])
    const forged = lines().map((line) => line.replace(/"endorsement":"..../, '"endorsement":"AAAA'))
    expect(forged).not.toEqual(lines())
    write(forged)
    const { codes, said } = await verify([], first)
    expect(codes).toEqual([2, 2])
    for (const text of said) expect(text, 'the old key leads nowhere').toContain('is not signed by this key')
    expect((await verify([], second)).codes).toEqual([2, 2])
  })
})

describe('a log of several files of which the oldest were pruned', () => {
  test('is sound, and what else is missing is told', async () => {
    const made = await makeLog(join(base, 'pruned'), 600, { segmentBytes: 60_000, pruned: true })
    log = made
    const { codes, own } = await verify()
    expect(codes).toEqual([0, 0])
    expect(own.said).toMatch(/^pruned: of the records before [0-9]+ only the hashes are left$/m)
    const oldest =
      readdirSync(log.folder)
        .filter((name) => /^records-[0-9]+.ndjson$/.test(name))
        .sort()[0] ?? ''
    rmSync(path(oldest))
    const after = await verify()
    expect(after.codes).toEqual([3, 3])
    for (const text of after.said) expect(text).toContain('nothing tells that')
  })
})

describe('a log that was put back to an earlier state, signed as it was', () => {
  test('is sound by itself, and not since a checkpoint that was saved', async () => {
    const folder = join(base, 'rolled')
    const early = await makeLog(folder, 20, { rotated: false })
    cpSync(early.folder, join(base, 'copy'), { recursive: true, force: true })
    const before = join(base, 'early')
    cpSync(early.folder, before, { recursive: true })
    const grown = await makeLog(folder, 40, { rotated: false }).catch(() => undefined) // the same key goes on
    expect(grown).toBeDefined()
    const saved = join(base, 'saved-late')
    writeFileSync(saved, readFileSync(join(folder, 'audit/tree/checkpoint')))
    log = { ...early, folder: before }
    expect((await verify()).codes).toEqual([0, 0])
    const { codes, said } = await verify(['--since', saved])
    expect(codes).toEqual([2, 2])
    for (const text of said) expect(text).toMatch(/^tree\/checkpoint: is older than/m)
  })
})

describe('proofs', () => {
  const audit = (...args: readonly string[]) => command(['audit', ...args, '--vkey', log.vkeyFile])

  test('of a record by number and by id, checked without the log', async () => {
    const line = lines()[277] ?? ''
    const id = /"id":"([^"]+)"/.exec(line)?.[1] ?? ''
    const proof = await audit('prove', log.folder, '277')
    expect(proof.code).toBe(0)
    expect((await audit('prove', log.folder, id)).out).toBe(proof.out)
    expect((await audit('prove', log.folder, id, '--record')).out).toBe(`${line}\n`)
    const [proofFile, recordFile] = [join(base, 'p.tlog-proof'), join(base, 'record.json')]
    writeFileSync(proofFile, proof.out)
    writeFileSync(recordFile, line)
    expect(await audit('check', proofFile, recordFile)).toMatchObject({ code: 0 })
    writeFileSync(recordFile, `${lines()[276]}\n`)
    expect(await audit('check', proofFile, recordFile)).toMatchObject({ code: 2, out: '' })
    writeFileSync(proofFile, 'no proof')
    expect(await audit('check', proofFile, recordFile)).toMatchObject({ code: 2 })
    expect(await audit('check', join(base, 'absent'), recordFile)).toMatchObject({ code: 1 })
  })

  test('none of what is not there, was changed, or cannot be proved', async () => {
    expect(await audit('prove', log.folder, '300')).toMatchObject({ code: 3 })
    expect((await audit('prove', log.folder, 'x')).said).toBe('records.ndjson: has no record `x` (incomplete)\n')
    writeFileSync(path('records.ndjson'), `${lines()[0]}\n`, { flag: 'a' })
    expect((await audit('prove', log.folder, '300')).said).toContain('is not under a checkpoint yet')
    write(lines().map((line, i) => (i === 3 ? line.replace('deny', 'allo') : line)))
    expect(await audit('prove', log.folder, '3')).toMatchObject({ code: 2 })
    rmSync(path('tree/tile/0/000'))
    expect(await audit('prove', log.folder, '3')).toMatchObject({ code: 3 })
    rmSync(path('records.ndjson'))
    expect((await audit('prove', log.folder, '3')).said).toBe('records.ndjson: is missing (incomplete)\n')
  })

  test('that one checkpoint leads to another', async () => {
    const early = await makeLog(join(base, 'grows'), 20)
    const first = join(base, 'first')
    writeFileSync(first, readFileSync(join(early.folder, 'tree/checkpoint')))
    await makeLog(join(base, 'grows'), 40)
    log = early
    const now = join(early.folder, 'tree/checkpoint')
    const consistent = await audit('consistency', early.folder, first)
    expect(consistent).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^consistent: the first 20 of \d+ records/),
    })
    expect(await audit('consistency', early.folder, first, now)).toMatchObject({ code: 0 })
    expect(await audit('consistency', early.folder, now, first)).toMatchObject({ code: 2 })
    rmSync(join(early.folder, 'tree/tile'), { recursive: true })
    expect(await audit('consistency', early.folder, first)).toMatchObject({ code: 3 })
  })
})

describe('tiles that are lost or damaged', () => {
  const heal = () => command(['audit', 'heal', log.folder, '--vkey', log.vkeyFile])

  test('are made again of the lines, and of nothing else', async () => {
    expect(await heal()).toMatchObject({ code: 0, out: '' })
    rmSync(path('tree/tile/0/000'))
    const edge = readdirSync(path('tree/tile/1/000.p'))[0] ?? ''
    writeFileSync(path(`tree/tile/1/000.p/${edge}`), Buffer.alloc(32 * Number(edge)))
    expect((await verify()).codes).toEqual([2, 2])
    const healed = await heal()
    expect(healed).toMatchObject({ code: 0, out: `tree/tile/0/000\ntree/tile/1/000.p/${edge}\n` })
    expect((await verify()).codes).toEqual([0, 0])
  })

  test('are not where the lines are not what was signed for', async () => {
    rmSync(path('tree/tile/0/000'))
    write(lines().map((line, i) => (i === 7 ? line.replace('"effect":"deny"', '"effect":"allow"') : line)))
    expect(await heal()).toMatchObject({ code: 2, said: expect.stringMatching(/not what was signed for/) })
    write(lines().slice(0, -5))
    expect(await heal()).toMatchObject({ code: 2, said: expect.stringMatching(/whole lines/) })
  })
})
