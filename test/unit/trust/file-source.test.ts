import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { seconds } from '../../../pdp/core/time.ts'
import { createJwksFile, type JwksFileOptions } from '../../../pdp/trust/jwks-file.ts'
import { readTextFileClauses } from '../../../pdp/trust/read-text-file.ts'
import { holdBundleClauses } from '../../../pdp/trust/hold-bundle.ts'
import { createSpiffeBundleFile } from '../../../pdp/trust/spiffe-bundle-file.ts'
import { frameAt } from '../../support/clock.ts'
import { eventually } from '../../support/eventually.ts'
import { createTestKey } from '../../support/keys.ts'
import { createManualTime, type ManualTime } from '../../support/manual-time.ts'

const a = createTestKey('a').jwk
const b = createTestKey('b').jwk
const set = (...keys: readonly object[]) => JSON.stringify({ keys })

let folder: string
let path: string
let time: ManualTime
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trust-'))
  path = join(folder, 'keys.json')
  time = createManualTime()
})
afterEach(() => rm(folder, { recursive: true }))

const options = (): JwksFileOptions => ({ name: 'source', path, clock: time.clock, schedule: time.schedule })

describe('a file', () => {
  const limit = 512 * 1024
  const text = set(a)
  const rows: readonly (readonly [string, () => Promise<unknown>, string])[] = [
    ['that is not there', () => rm(path), readTextFileClauses.readable],
    ['that is a folder', () => rm(path).then(() => mkdir(path)), readTextFileClauses.readable],
    ['that is a pipe', () => rm(path).then(() => promisify(execFile)('mkfifo', [path])), readTextFileClauses.readable],
    ['of one byte too many', () => writeFile(path, text.padEnd(limit + 1)), readTextFileClauses.size],
    [
      'that is not UTF-8',
      () => writeFile(path, Buffer.concat([Buffer.from(text), Buffer.from([0xff])])),
      readTextFileClauses.encoding,
    ],
    ['with a byte order mark', () => writeFile(path, `\ufeff${text}`), 'json-syntax'],
    ['that is half written', () => writeFile(path, text.slice(0, -1)), 'json-syntax'],
    ['that is empty', () => writeFile(path, ''), 'json-syntax'],
  ]

  test.each(rows)('%s keeps the last good keys, and says so', async (_, damage, clause) => {
    await writeFile(path, text.padEnd(limit))
    const source = createJwksFile(options())
    expect(await source.reload()).toMatchObject({ ok: true })
    await damage()
    expect(await source.reload()).toMatchObject({ ok: false, code: 'TRUST_UNAVAILABLE', clause })
    expect(source.status()).toMatchObject({ keys: 1, lastError: expect.any(String) })
    expect(source.status().lastError).not.toContain(folder)
    expect(await source.keys({ kid: 'a', algorithm: 'ES256' }, frameAt(time.clock()))).toMatchObject({ ok: true })
  })

  test('serves for ever by default', async () => {
    await writeFile(path, text)
    const source = createJwksFile(options())
    await source.reload()
    time.advance(10 * 365 * 86_400)
    expect(await source.keys({ kid: 'a', algorithm: 'ES256' }, frameAt(time.clock()))).toMatchObject({ ok: true })
  })

  test('gives keys for the configured algorithms alone', async () => {
    await writeFile(path, text)
    const strict = createJwksFile({ ...options(), algorithms: ['RS256'] })
    expect(await strict.reload()).toMatchObject({ ok: true })
    expect(strict.status()).toMatchObject({ keys: 0, ignored: [expect.stringContaining('alg')] })
    const open = createJwksFile({ ...options(), algorithms: ['RS256', 'ES256'] })
    await open.reload()
    expect(open.status()).toMatchObject({ keys: 1, ignored: [] })
  })

  test('that cannot be read by us says why', async () => {
    const source = createJwksFile({ ...options(), path: `${path}\u0000` })
    expect(await source.reload()).toMatchObject({ ok: false, clause: readTextFileClauses.readable })
  })
})

describe('a source that was started', () => {
  test('reads the file again and again, until it is closed', async () => {
    await writeFile(path, set(a))
    const source = createJwksFile({ ...options(), every: seconds(10) })
    expect(await source.start()).toMatchObject({ ok: true })
    expect(source.status()).toMatchObject({ keys: 1 })
    await writeFile(join(folder, 'next'), set(a, b))
    await rename(join(folder, 'next'), path)
    time.advance(9.9)
    expect(time.pending()).toHaveLength(1)
    time.advance(0.1)
    await eventually(() => expect(source.status()).toMatchObject({ keys: 2 }))
    await writeFile(path, 'broken')
    await eventually(() => expect(time.pending()).toHaveLength(1))
    time.advance(10)
    await eventually(() => expect(source.status()).toHaveProperty('lastError'))
    await writeFile(path, set(b))
    await eventually(() => expect(time.pending()).toHaveLength(1))
    time.advance(10)
    await eventually(() => expect(source.status()).toMatchObject({ keys: 1 }))
    await eventually(() => expect(time.pending()).toHaveLength(1))
    source.close()
    expect(time.pending()).toHaveLength(0)
  })

  test('twice reads on one schedule, and closing before it started is nothing', async () => {
    await writeFile(path, set(a))
    const source = createJwksFile(options())
    source.close()
    await Promise.all([source.start(), source.start()])
    expect(time.pending()).toEqual([30])
    source.close()
    expect(time.pending()).toEqual([])
  })
})

test('a text that did not change gives the very same keys, known to be right later', async () => {
  for (const [create, use] of [
    [createJwksFile, 'sig'],
    [createSpiffeBundleFile, 'jwt-svid'],
  ] as const) {
    const key = createTestKey('a', { use }).jwk
    await writeFile(path, set(key))
    const source = create(options())
    const ask = async () => {
      await source.reload()
      const keys = await source.keys({ kid: 'a', algorithm: 'ES256' }, frameAt(time.clock()))
      return keys.ok && keys.value[0]
    }
    const first = await ask()
    time.advance(10)
    expect(await ask()).toBe(first)
    expect(source.asOf()).toBe(time.clock())
    await writeFile(path, `${set(key)} `)
    const other = await ask()
    expect(other).not.toBe(first)
    expect(other).toMatchObject({ id: first && first.id })
  }
})

test('reloads follow one another, so the last text read is the one in use', async () => {
  await writeFile(path, set(a))
  const source = createJwksFile(options())
  const first = source.reload()
  await writeFile(path, set(a, b))
  await Promise.all([first, source.reload(), source.reload()])
  expect(source.status()).toMatchObject({ keys: 2 })
  let begun = 0
  const clock = () => {
    begun++
    return time.clock()
  }
  const counting = createJwksFile({ ...options(), clock })
  const reloads = [counting.reload(), counting.reload()]
  await Promise.resolve()
  expect(begun, 'the second begins when the first is done').toBe(1)
  await Promise.all(reloads)
  expect(begun).toBe(2)
})

describe('a SPIFFE bundle file', () => {
  const bundle = (sequence: number | undefined, ...kids: readonly string[]) =>
    JSON.stringify({
      ...(sequence !== undefined && { spiffe_sequence: sequence }),
      keys: kids.map((kid) => createTestKey(kid, { use: 'jwt-svid' }).jwk),
    })

  const open = async (first: string) => {
    await writeFile(path, first)
    const source = createSpiffeBundleFile(options())
    expect(await source.reload()).toMatchObject({ ok: true })
    return source
  }
  const rollback = { ok: false, code: 'TRUST_UNAVAILABLE', clause: holdBundleClauses.rollback }

  test.each([
    ['a higher sequence', bundle(6, 'b')],
    ['the same sequence', bundle(5, 'b')],
  ])('takes %s', async (_, next) => {
    const source = await open(bundle(5, 'a'))
    await writeFile(path, next)
    expect(await source.reload()).toMatchObject({ ok: true })
    expect(source.bundle()?.jwtKeys.keys).toMatchObject([{ kid: 'b' }])
  })

  test.each([
    ['a lower sequence', bundle(4, 'b'), bundle(5, 'b')],
    ['no sequence after one', bundle(undefined, 'b'), bundle(5, 'b')],
  ])('refuses %s', async (_, defect, twin) => {
    const source = await open(bundle(5, 'a'))
    await writeFile(path, twin)
    expect(await source.reload()).toMatchObject({ ok: true })
    await writeFile(path, defect)
    expect(await source.reload()).toMatchObject(rollback)
    expect(source.bundle()?.sequence).toBe(5n)
    expect(source.status()).toMatchObject({ keys: 1, lastError: expect.stringContaining('sequence') })
  })

  test('a refused bundle does not raise the sequence', async () => {
    const source = await open(bundle(5, 'a'))
    const long = JSON.parse(bundle(9, 'b')) as { keys: object[] } // as made above
    await writeFile(path, JSON.stringify({ ...long, keys: [...long.keys, { use: 'jwt-svid' }] }))
    expect(await source.reload()).toMatchObject({ ok: false })
    await writeFile(path, bundle(6, 'b'))
    expect(await source.reload()).toMatchObject({ ok: true })
  })

  test('a sequence may appear where there was none', async () => {
    const source = await open(bundle(undefined, 'a'))
    expect(source.bundle()).not.toHaveProperty('sequence')
    await writeFile(path, bundle(0, 'b'))
    expect(await source.reload()).toMatchObject({ ok: true })
  })

  test('sequences beyond what a double can carry are told apart', async () => {
    const at = (sequence: string) => bundle(1, 'a').replace(':1,', `:${sequence},`)
    const source = await open(at('9007199254740993'))
    await writeFile(path, at('9007199254740992'))
    expect(await source.reload()).toMatchObject(rollback)
    await writeFile(path, at('9007199254740994'))
    expect(await source.reload()).toMatchObject({ ok: true })
  })

  test('has no bundle before the first good one', async () => {
    const source = createSpiffeBundleFile(options())
    expect(source.bundle()).toBeUndefined()
    expect(await source.reload()).toMatchObject({ ok: false })
    expect(source.bundle()).toBeUndefined()
  })
})
