import { goText } from '../go-utf8.ts'

const simple: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 }
const escape = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-3][0-7]{2})|([^]))|([^\\]+)/g

/** The text of a quoted token (Go's strconv.Unquote). Throws on an escape that Go does not know. */
export function unquote(token: string): string {
  const quote = token[0] ?? ''
  const inner = token.slice(1, -1)
  if (quote === '`') return inner.replaceAll('\r', '')
  const pieces = [...inner.matchAll(escape)].map(([, byte, short, long, octal, other, plain]): Uint8Array => {
    if (plain !== undefined) return Buffer.from(plain)
    if (byte !== undefined) return Uint8Array.of(Number.parseInt(byte, 16))
    if (octal !== undefined) return Uint8Array.of(Number.parseInt(octal, 8))
    const code = short ?? long
    if (code !== undefined) {
      const point = Number.parseInt(code, 16)
      if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) throw new Error('no character')
      return Buffer.from(String.fromCodePoint(point))
    }
    const named = other === quote ? quote.charCodeAt(0) : simple[other ?? '']
    if (named === undefined) throw new Error('an unknown escape')
    return Uint8Array.of(named)
  })
  return goText(Buffer.concat(pieces))
}

/** An integer, or a number that is written as a float. Throws on what an int64 or a float64 cannot hold. */
export function readNumber(token: string): bigint | number {
  const text = token.replaceAll('_', '')
  const sign = text.startsWith('-') ? -1n : 1n
  const digits = text.replace(/^[+-]/, '')
  if (/[.eE]/.test(digits) && !/^0[xX]/.test(digits)) {
    const float = Number(text)
    if (!Number.isFinite(float)) throw new RangeError('beyond a float64')
    return float
  }
  const octal = /^0[0-7]+$/.test(digits)
  if (/^0\d/.test(digits) && !octal) throw new Error('not an octal number')
  const value = sign * BigInt(octal ? `0o${digits.slice(1)}` : digits.toLowerCase())
  if (BigInt.asIntN(64, value) !== value) throw new RangeError('beyond an int64')
  return value
}

export function readCharacter(token: string): bigint {
  const characters = Array.from(unquote(token))
  const [only] = characters
  if (only === undefined || characters.length > 1) throw new Error('not one character')
  return BigInt(only.codePointAt(0) ?? 0)
}
