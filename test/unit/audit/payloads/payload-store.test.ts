import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { writePayload } from '../../../../pdp/audit/payloads/payload.ts'
import { openPayloadStore } from '../../../../pdp/audit/payloads/payload-store.ts'
import { type PayloadFindings, readPayloads } from '../../../../pdp/audit/payloads/read-payloads.ts'
import { createFrameSealer, openFrames } from '../../../../pdp/audit/payloads/sealed-file.ts'
import { type Instant, plus, seconds } from '../../../../pdp/core/time.ts'
import { createTestClock, noon } from '../../../support/clock.ts'
import { idOf } from '../sample-records.ts'

const day = 86_400
let base = ''
const folders = () => ({ payloads: join(base, 'payloads'), keys: join(base, 'keys') })
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'payloads-'))
})
afterEach(() => rmSync(base, { recursive: true }))

let drawn = 0
const randomBytes = (length: number) => createHash('sha256').update(`${drawn++}`).digest().subarray(0, length)

const line = (n: number, at: Instant) =>
  writePayload({
    id: idOf(n),
    at,
    entrypoint: 'orders/decision',
    obligations: [],
    ttlMax: 60,
    input: {
      service: { name: 'orders' },
      pep: { name: 'gateway' },
      attested: {},
      attested_sources: {},
      verified: [],
      delegation: [],
      context: { note: 'a secret of the caller' },
      request: {
        method: 'GET',
        scheme: 'https',
        host: 'h',
        raw_path: '/',
        path: '/',
        path_segments: [],
        query: {},
        headers: { Authorization: ['Bearer eyJhbGciOiJub25lIn0.e30.'], DPoP: ['proof'], accept: ['*/*'] },
      },
    },
    questions: [{ action: { name: 'read' } }],
  })

function read() {
  const findings: PayloadFindings = { erased: new Set(), torn: [], altered: [] }
  return { found: [...readPayloads(folders(), {}, findings)], findings }
}

describe('the store', () => {
  test('gives back what was kept, sealed on the disk, readable by its owner alone, without evidence', async () => {
    const store = openPayloadStore({
      folders: folders(),
      days: 1,
      clock: () => noon,
      randomBytes,
      lost: () => undefined,
    })
    for (let n = 0; n < 500; n++) store.keep(line(n, noon), noon)
    await store.close()
    const { found } = read()
    expect(found.map(({ id }) => id)).toEqual(Array.from({ length: 500 }, (_, n) => idOf(n)))
    const input = found[0]?.input
    expect(input && 'request' in input && input.request?.headers).toEqual({ accept: ['*/*'] })
    const [name = ''] = readdirSync(folders().payloads)
    expect(readFileSync(join(folders().payloads, name), 'latin1')).not.toContain('secret')
    expect(statSync(join(folders().payloads, name)).mode & 0o777).toBe(0o600)
    expect(statSync(join(folders().keys, '2026-03-02.key')).mode & 0o777).toBe(0o600)
  })

  test('each day has a key; of days that are over the key is erased, and then the file', async () => {
    const clock = createTestClock()
    const open = (days: number) =>
      openPayloadStore({ folders: folders(), days, clock, randomBytes, lost: () => undefined })
    for (let n = 0; n < 4; n++, clock.advance(day)) {
      const store = open(3)
      store.keep(line(n, clock()), clock())
      await store.close()
    }
    expect(readdirSync(folders().keys)).toEqual(['2026-03-03.key', '2026-03-04.key', '2026-03-05.key'])
    expect(read().found.map(({ id }) => id)).toEqual([idOf(1), idOf(2), idOf(3)])
    const keys = readdirSync(folders().keys).map((name) => readFileSync(join(folders().keys, name), 'hex'))
    expect(new Set(keys).size).toBe(3)
    rmSync(join(folders().keys, '2026-03-04.key'))
    const { found, findings } = read()
    expect([found.map(({ id }) => id), [...findings.erased]]).toEqual([[idOf(1), idOf(3)], ['2026-03-04']])
    await open(3).close()
    expect(readdirSync(folders().payloads).filter((name) => name.startsWith('2026-03-04'))).toEqual([])
  })

  test('around midnight each payload is under the key of its day', async () => {
    const before = plus(noon, seconds(day / 2 - 1))
    const store = openPayloadStore({
      folders: folders(),
      days: 9,
      clock: () => noon,
      randomBytes,
      lost: () => undefined,
    })
    for (const [n, at] of [before, plus(before, seconds(2)), before].entries()) store.keep(line(n, at), at)
    await store.close()
    expect(
      readdirSync(folders().payloads)
        .map((name) => name.slice(0, 10))
        .sort(),
    ).toEqual(['2026-03-02', '2026-03-02', '2026-03-03'])
    expect(read().found).toHaveLength(3)
  })

  test('what cannot be written is counted, and the store goes on', async () => {
    let lost = 0
    const store = openPayloadStore({
      folders: folders(),
      days: 1,
      clock: () => noon,
      randomBytes,
      lost: (n) => (lost += n),
    })
    rmSync(folders().payloads, { recursive: true })
    store.keep(line(0, noon), noon)
    await store.close()
    expect([lost, existsSync(folders().payloads)]).toEqual([1, false])
    const full = openPayloadStore({
      folders: folders(),
      days: 1,
      clock: () => noon,
      randomBytes,
      lost: (n) => (lost += n),
    })
    for (let n = 0; n < 20; n++) full.keep('x'.repeat(1024 * 1024), noon)
    await full.close()
    expect(lost).toBe(5)
  })
})

describe('frames', () => {
  const key = randomBytes(32)
  const salt = randomBytes(32)
  const contents = ['one', 'two', 'three'].map((text) => Buffer.from(text))
  const sealer = createFrameSealer(key, salt)
  const frames = contents.map((content) => sealer.seal(content))
  const opened = (file: Buffer, with_ = key) => {
    const found: string[] = []
    const each = openFrames(file, with_)
    let next = each.next()
    for (; next.done !== true; next = each.next()) found.push(next.value.toString())
    return [found, next.value]
  }
  const whole = Buffer.concat([sealer.header, ...frames])

  test('come back in order', () => {
    expect(opened(whole)).toEqual([['one', 'two', 'three'], 'whole'])
  })

  test('any flipped bit, exchanged, doubled or missing frame, and another key is found', () => {
    for (let at = 0; at < whole.length; at++) {
      const flipped = Buffer.from(whole)
      flipped.writeUInt8(flipped.readUInt8(at) ^ 0x10, at)
      expect(opened(flipped), `byte ${at}`).not.toEqual([['one', 'two', 'three'], 'whole'])
    }
    const [one = whole, two = whole, three = whole] = frames
    for (const other of [
      [two, one, three],
      [one, one, two],
      [one, three],
    ])
      expect(opened(Buffer.concat([sealer.header, ...other]))[1]).toBe('altered')
    expect(opened(whole, randomBytes(32))).toEqual([[], 'altered'])
    expect(opened(whole.subarray(0, -1))).toEqual([['one', 'two'], 'torn'])
  })

  test('no nonce and key come twice: equal contents are never equal frames', () => {
    const seen = new Set<string>()
    for (const each of [createFrameSealer(key, randomBytes(32)), createFrameSealer(key, randomBytes(32))])
      for (let n = 0; n < 1_000; n++) seen.add(each.seal(Buffer.from('the same')).toString('hex'))
    expect(seen.size).toBe(2_000)
  })
})
