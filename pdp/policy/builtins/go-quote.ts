// Go's strconv.Quote and its relatives, character for character.

const named: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
}

// strconv.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u
const printableAscii = /^[\x20-\x7e]$/

/** Quotes text as a Go literal between `quote`s; with `ascii`, nothing beyond ASCII is left as it is. */
export function goQuote(text: string, quote: '"' | "'" = '"', ascii = false): string {
  let quoted = quote
  for (const character of text) quoted += quoteCharacter(character, quote, ascii)
  return quoted + quote
}

/** Whether Go would write the text between backquotes (strconv.CanBackquote). */
export const canBackquote = (text: string): boolean => !/[\0-\x08\x0a-\x1f\x7f`\ufeff]/.test(text)

export const isPrintable = (character: string): boolean => printable.test(character)

function quoteCharacter(character: string, quote: string, ascii: boolean): string {
  if (character === quote) return `\\${quote}`
  const name = named[character]
  if (name !== undefined) return name
  if (ascii ? printableAscii.test(character) : printable.test(character)) return character
  const code = character.codePointAt(0) ?? 0
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`
}

const hex = (code: number, width: number): string => code.toString(16).padStart(width, '0')
