import { describe, expect, test } from 'vitest'
import { readJwt } from '../../../pdp/jose/read-jwt.ts'
import { createVerifiedTokens } from '../../../pdp/jose/verified-tokens.ts'
import { keyIdOf } from '../../../pdp/jose/verify-jws.ts'
import { claims, header, issuer, token, withSignature } from './tokens.ts'

const keyId = keyIdOf(issuer.verification, 'ES256')

function read(text: string) {
  const jwt = readJwt(text, 'CREDENTIAL_MALFORMED')
  if (!jwt.ok) throw new Error(jwt.clause)
  return jwt.value
}

const tokenOf = (jti: number) => token(header, { ...claims, jti: `${jti}`.padStart(4, '0') })
const length = tokenOf(0).length

describe('verified tokens', () => {
  test('a hit says what the token says and under which key it was good, and no signature', () => {
    const tokens = createVerifiedTokens()
    const text = token()
    const jwt = read(text)
    tokens.put(text, jwt, keyId)
    const hit = tokens.get(text)
    expect(hit).toEqual({
      keyId,
      jwt: { header: jwt.header, algorithm: 'ES256', claims, signingInput: text.slice(0, text.lastIndexOf('.')) },
    })
    expect([hit, hit?.jwt, hit?.jwt.claims].map((part) => Object.isFrozen(part))).toEqual([true, true, true])
  })

  test('one more character, one less, or another signature is a miss', () => {
    const tokens = createVerifiedTokens()
    const text = token()
    tokens.put(text, read(text), keyId)
    const near = [`${text}A`, text.slice(0, -1), ` ${text}`, withSignature(text, Buffer.alloc(64, 1)), token(), '']
    expect(tokens.get(text)).toBeDefined()
    expect(near.map((other) => tokens.get(other))).toEqual(near.map(() => undefined))
  })

  test('many tokens of one length: each hit answers its own claims', () => {
    const tokens = createVerifiedTokens()
    const texts = Array.from({ length: 500 }, (_, jti) => tokenOf(jti))
    for (const text of texts) tokens.put(text, read(text), keyId)
    expect(texts.filter((text) => tokens.get(text)?.jwt.claims !== undefined)).toHaveLength(500)
    expect(texts.map((text) => tokens.get(text)?.jwt.claims)).toEqual(texts.map((text) => read(text).claims))
  })

  test('never holds more characters than allowed; tokens in use stay', () => {
    const tokens = createVerifiedTokens({ characters: 10 * length })
    const used = tokenOf(9999)
    tokens.put(used, read(used), keyId)
    const texts = Array.from({ length: 100 }, (_, jti) => tokenOf(jti))
    for (const text of texts) {
      tokens.put(text, read(text), keyId)
      expect(tokens.get(used)).toBeDefined()
    }
    const held = texts.filter((text) => tokens.get(text) !== undefined)
    expect(held.length).toBeGreaterThan(0)
    expect(held.length).toBeLessThan(10)
    expect(tokens.get(texts.at(-1) ?? '')).toBeDefined()
  })

  test('a token put twice counts once', () => {
    const tokens = createVerifiedTokens({ characters: 4 * length })
    const [a, b] = [tokenOf(1), tokenOf(2)]
    for (let i = 0; i < 20; i++) tokens.put(a, read(a), keyId)
    tokens.put(b, read(b), keyId)
    expect([tokens.get(a), tokens.get(b)].filter((hit) => hit !== undefined)).toHaveLength(2)
  })

  test('a token larger than half of the room is not held', () => {
    const tokens = createVerifiedTokens({ characters: 2 * length - 2 })
    const text = tokenOf(1)
    tokens.put(text, read(text), keyId)
    expect(tokens.get(text)).toBeUndefined()
  })
})
