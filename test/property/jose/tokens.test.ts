import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalText } from '../../../pdp/core/canonical-bytes.ts'
import type { JsonValue } from '../../../pdp/core/json.ts'
import { decodeBase64url } from '../../../pdp/jose/base64url.ts'
import { readJwt, type UnverifiedJwt } from '../../../pdp/jose/read-jwt.ts'
import { createVerifiedTokens, type VerifiedTokens } from '../../../pdp/jose/verified-tokens.ts'
import { keyIdOf, verifyJws } from '../../../pdp/jose/verify-jws.ts'
import { createTestKey, signJwt } from '../../support/keys.ts'

const runs = { numRuns: 2000, seed: 11 }
const issuer = createTestKey('k1')
const header = { alg: 'ES256', kid: 'k1', typ: 'JWT' }

describe('base64url', () => {
  test('decodes what Buffer encodes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const decoded = decodeBase64url(Buffer.from(bytes).toString('base64url'))
        expect(decoded).toEqual(Buffer.from(bytes))
      }),
      runs,
    )
  })

  test('no two texts decode to the same bytes', () => {
    const alphabet = fc.constantFrom(...'ABab01-_+/= \n.')
    const texts = fc.array(alphabet, { maxLength: 6 }).map((characters) => characters.join(''))
    const check = (decode: (text: string) => Buffer | undefined) => {
      const seen = new Map<string, string>()
      const isOneToOne = fc.property(texts, (text) => {
        const hex = decode(text)?.toString('hex')
        if (hex === undefined) return true
        if (!seen.has(hex)) seen.set(hex, text)
        return seen.get(hex) === text
      })
      return { failed: fc.check(isOneToOne, { ...runs, numRuns: 20_000 }).failed, decoded: seen.size }
    }
    expect(check((text) => Buffer.from(text, 'base64url')).failed).toBe(true)
    const ours = check(decodeBase64url)
    expect(ours.failed).toBe(false)
    expect(ours.decoded).toBeGreaterThan(100)
  })
})

/** What a verifier believes of a text, or why not: `malformed` if it was not even read. */
function believed(text: string): UnverifiedJwt | 'malformed' | 'unsigned' {
  const jwt = readJwt(text, 'CREDENTIAL_MALFORMED')
  if (!jwt.ok) return 'malformed'
  return verifyJws(jwt.value, issuer.verification).ok ? jwt.value : 'unsigned'
}

describe('every single-character change of a good token', () => {
  const text = signJwt(issuer, header, { iss: 'i', sub: 'spiffe://td/a', exp: 1_800_000_000, aud: ['x'] })
  const characters = [
    ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
    '=',
    '.',
    '+',
    '/',
    ' ',
    'é',
  ]

  // a flaw that is looked for must be found by this sweep: decoding without comparing, as most libraries do
  const lax = (changed: string) =>
    believed(
      changed
        .split('.')
        .map((part) => Buffer.from(part, 'base64url').toString('base64url'))
        .join('.'),
    )

  const sweep = (judge: (changed: string) => unknown) => {
    const accepted: string[] = []
    let tried = 0
    for (let at = 0; at < text.length; at++) {
      for (const put of characters) {
        for (const changed of [
          text.slice(0, at) + put + text.slice(at + 1),
          text.slice(0, at) + put + text.slice(at),
        ]) {
          if (changed === text) continue
          // a signature check for every one would take minutes: of those that only change the signed bytes, one in 16
          if (++tried % 16 !== 0 && at < text.lastIndexOf('.') && /[\w-]/.test(put)) continue
          if (typeof judge(changed) !== 'string') accepted.push(changed)
        }
      }
    }
    for (let at = 0; at < text.length; at++) {
      if (typeof judge(text.slice(0, at) + text.slice(at + 1)) !== 'string') accepted.push(`without ${at}`)
    }
    return accepted
  }

  test('is refused', () => {
    expect(typeof believed(text)).toBe('object')
    const found = sweep(lax).length
    process.stderr.write(`changed tokens: a lax reader accepts ${found}\n`)
    expect(found).toBeGreaterThan(100)
    expect(sweep(believed)).toEqual([])
  })
})

describe('any text', () => {
  test('never throws, and is never believed', () => {
    const part = fc.oneof(fc.base64String(), fc.json().map(encode), fc.string({ unit: 'binary' }))
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.tuple(part, part, part).map((parts) => parts.join('.')),
    )
    fc.assert(
      fc.property(texts, (text) => {
        expect(believed(text)).toBeTypeOf('string')
      }),
      runs,
    )
  })

  test('signed claims come out as they went in', () => {
    const claim = fc.oneof(
      fc.string().filter((s) => s.isWellFormed()),
      fc.integer({ min: 1 }),
      fc.boolean(),
    )
    const names = fc.string({ maxLength: 8 }).filter((name) => name !== '__proto__')
    fc.assert(
      fc.property(fc.dictionary(names, claim, { maxKeys: 8, noNullPrototype: true }), (claims) => {
        const jwt = believed(signJwt(issuer, header, claims))
        expect(typeof jwt === 'object' && jwt.claims).toEqual(claims)
      }),
      { ...runs, numRuns: 300 },
    )
  })
})

const encode = (text: string) => Buffer.from(text).toString('base64url')

describe('verified tokens', () => {
  test('answer for a text only what was put for that very text', () => {
    const jwt = (sub: string) => {
      const read = readJwt(signJwt(issuer, header, { sub }), 'CREDENTIAL_MALFORMED')
      if (!read.ok) throw new Error(read.clause)
      return read.value
    }
    const subjects = ['a', 'b', 'c', 'd'].map(jwt)
    const keyId = keyIdOf(issuer.verification, 'ES256')
    // short texts over two letters: collisions of any cheap key are all but certain
    const text = fc.array(fc.constantFrom('A', 'B'), { minLength: 1, maxLength: 4 }).map((letters) => letters.join(''))
    const steps = fc.array(fc.tuple(text, fc.nat(3), fc.boolean()), { minLength: 20, maxLength: 200, size: 'max' })
    const check = (create: (limits: { readonly characters: number }) => VerifiedTokens) => {
      let hits = 0
      const answersRight = fc.property(steps, fc.integer({ min: 10, max: 200 }), (sequence, characters) => {
        const tokens = create({ characters })
        const truth = new Map<string, UnverifiedJwt>()
        return sequence.every(([key, subject, isPut]) => {
          const known = truth.get(key)
          const chosen = known ?? subjects[subject]
          if (isPut && chosen) {
            tokens.put(key, chosen, keyId)
            truth.set(key, chosen)
            return true
          }
          const hit = tokens.get(key)
          if (hit) hits++
          return hit === undefined || hit.jwt.claims === known?.claims
        })
      })
      return { failed: fc.check(answersRight, { ...runs, numRuns: 500 }).failed, hits }
    }
    expect(check(createColliding).failed).toBe(true)
    const ours = check(createVerifiedTokens)
    process.stderr.write(`verified tokens: ${ours.hits} hits, each with its own claims\n`)
    expect(ours.failed).toBe(false)
    expect(ours.hits).toBeGreaterThan(500)
  })
})

/** The fault to find: a memory that knows a token by its first characters. */
function createColliding(limits: { readonly characters: number }): VerifiedTokens {
  const tokens = createVerifiedTokens(limits)
  return {
    get: (text) => tokens.get(text.slice(0, 2)),
    put: (text, jwt, keyId) => tokens.put(text.slice(0, 2), jwt, keyId),
  }
}

describe('canonical text', () => {
  const value = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue> // a JSON value by another name

  test('two values share it exactly if they are equal', () => {
    fc.assert(
      fc.property(value, value, (one, other) => {
        const same = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))
        expect(canonicalText(one) === canonicalText(other)).toBe(same)
        expect(canonicalText(reversed(one))).toBe(canonicalText(one))
      }),
      runs,
    )
  })
})

function sorted(value: JsonValue): JsonValue {
  return rebuilt(value, (members) => members.sort(([a], [b]) => (a < b ? -1 : 1)))
}
function reversed(value: JsonValue): JsonValue {
  return rebuilt(value, (members) => members.reverse())
}
type Member = [name: string, value: JsonValue]
function rebuilt(value: JsonValue, order: (members: Member[]) => Member[]): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item: JsonValue) => rebuilt(item, order))
  const members = Object.entries<JsonValue>(value as Readonly<Record<string, JsonValue>>) // no list, as checked above
  return Object.fromEntries(order(members).map(([name, inner]): Member => [name, rebuilt(inner, order)]))
}
