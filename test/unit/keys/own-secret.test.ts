import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deriveKey, keyLabels } from '../../../pdp/keys/derive.ts'
import { makeSecret, readFleetSecret, readOrMakeSecret } from '../../../pdp/keys/own-secret.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-'))
  path = join(folder, 'keys', 'own.secret')
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('the secret of a state folder', () => {
  test('is made once, for its owner alone, and read from then on', () => {
    const made = readOrMakeSecret(path, randomBytes)
    expect(made).toHaveLength(32)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readdirSync(dirname(path))).toEqual(['own.secret'])
    expect(readOrMakeSecret(path, () => expect.fail('it is there'))).toEqual(made)
  })

  test('of two that begin at once the first stays, and both have it', () => {
    let other: unknown
    const first = readOrMakeSecret(path, (length) => {
      other ??= readOrMakeSecret(path, randomBytes)
      return randomBytes(length)
    })
    expect(first).toEqual(other)
    expect(readOrMakeSecret(path, randomBytes)).toEqual(other)
  })

  test.each([
    ['empty', ''],
    ['cut short', 'c2hvcnQ'],
    ['something else', `${'x'.repeat(42)}!`],
  ])('a file that is %s is no secret, and is not replaced', (_, text) => {
    readOrMakeSecret(path, randomBytes)
    writeFileSync(path, text)
    expect(() => readOrMakeSecret(path, randomBytes)).toThrow('is no secret')
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  test('a file that cannot be read stops the start', () => {
    mkdirSync(path, { recursive: true })
    expect(() => readOrMakeSecret(path, randomBytes)).toThrow('EISDIR')
  })
})

describe('the secret of a fleet', () => {
  test('is taken as it stands, without white space around it', () => {
    const text = 's'.repeat(32)
    expect(Buffer.from(readFleetSecret(` ${text}\n`)).toString()).toBe(text)
  })

  test('must have 32 characters', () => {
    expect(() => readFleetSecret('s'.repeat(31))).toThrow('shorter than 32')
  })
})

describe('derived keys', () => {
  const secret = readFleetSecret('0123456789abcdef0123456789abcdef')

  test('are the same for the same secret and label', () => {
    expect(deriveKey(secret, 'redis/v1')).toEqual(
      deriveKey(readFleetSecret(Buffer.from(secret).toString()), 'redis/v1'),
    )
    expect(deriveKey(secret, 'redis/v1')).toHaveLength(32)
  })

  test('differ by label and by secret, and none is the secret', () => {
    const keys = keyLabels.map((label) => deriveKey(secret, label).toString('hex'))
    const others = keyLabels.map((label) => deriveKey(makeSecret(randomBytes), label).toString('hex'))
    const all = [...keys, ...others, Buffer.from(secret).toString('hex')]
    expect(new Set(all).size).toBe(all.length)
  })
})
