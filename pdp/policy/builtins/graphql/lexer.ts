/** A token: its kind is the punctuator itself, or what else it is. `value` is the decoded one. */
export interface Token {
  readonly kind: TokenKind
  readonly value: string
}

export type TokenKind =
  | 'EOF'
  | 'Name'
  | 'Int'
  | 'Float'
  | 'String'
  | 'BlockString'
  | 'Comment'
  | (typeof punctuators)[number]

const punctuators = ['!', '$', '&', '(', ')', '...', ':', '=', '@', '[', ']', '{', '}', '|'] as const

const spaces = /[\t ,\n\r\ufeff]*/y
const comment = /#[^\0-\x08\x0a-\x1f]*/y
const name = /[A-Za-z_]\w*/y
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

/**
 * The tokens of a GraphQL text as the Go library vektah/gqlparser cuts them, comments included, asked for one by one;
 * at the end `EOF` again and again. Throws on what is no token.
 */
export function createLexer(text: string): () => Token {
  let at = 0

  function match(pattern: RegExp): string | undefined {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }

  function take(kind: TokenKind, length: number, value: string): Token {
    at += length
    return { kind, value }
  }

  function readNumber(): Token {
    const found = match(number)
    const next = text[at + (found?.length ?? 0)] ?? ''
    // a digit after a leading zero; a point or an exponent without digits
    if (found === undefined || (/^-?0$/.test(found) && /\d/.test(next))) throw new Error('not a number')
    if (isUnfinished(found, next)) throw new Error('not a number')
    return take(/[.eE]/.test(found) ? 'Float' : 'Int', found.length, found)
  }

  function readString(): Token {
    let value = ''
    for (let i = at + 1; i < text.length; ) {
      const character = text[i] ?? ''
      if (character === '"') return take('String', i + 1 - at, value)
      if (character !== '\t' && character < ' ') break
      if (character !== '\\') {
        value += character
        i++
        continue
      }
      const escape = text[i + 1] ?? ''
      if (escape === 'u') {
        const digits = text.slice(i + 2, i + 6)
        if (!/^[0-9a-fA-F]{4}$/.test(digits)) break
        const unit = Number.parseInt(digits, 16)
        value += unit >= 0xd800 && unit < 0xe000 ? '\ufffd' : String.fromCharCode(unit) // Go joins no halves
        i += 6
        continue
      }
      const meant = escapes[escape]
      if (meant === undefined) break
      value += meant
      i += 2
    }
    throw new Error('not a string')
  }

  function readBlockString(): Token {
    let raw = ''
    for (let i = at + 3; i < text.length; ) {
      if (text.startsWith('"""', i)) {
        let end = i + 3
        while (text[end] === '"') end++
        return take('BlockString', end - at, blockStringValue(raw + '"'.repeat(end - i - 3))) // the last three close it
      }
      const character = text[i] ?? ''
      if (character < ' ' && !'\t\n\r'.includes(character)) break
      if (text.startsWith('\\"""', i)) {
        raw += '"""'
        i += 4
      } else if (character === '\r') {
        raw += '\n'
        i += text[i + 1] === '\n' ? 2 : 1
      } else {
        raw += character
        i++
      }
    }
    throw new Error('not a block string')
  }

  return () => {
    at += match(spaces)?.length ?? 0
    if (at >= text.length) return { kind: 'EOF', value: '' }
    const first = text[at] ?? ''
    const punctuator = punctuators.find((one) => text.startsWith(one, at))
    if (punctuator !== undefined) return take(punctuator, punctuator.length, '')
    const found = match(name)
    if (found !== undefined) return take('Name', found.length, found)
    const remark = match(comment)
    if (remark !== undefined) return take('Comment', remark.length, remark)
    if (/[-\d]/.test(first)) return readNumber()
    if (text.startsWith('"""', at)) return readBlockString()
    if (first === '"') return readString()
    throw new Error('not a token')
  }
}

const isUnfinished = (found: string, next: string): boolean =>
  (next === '.' && !/[.eE]/.test(found)) || (/[eE]/.test(next) && !/[eE]/.test(found))

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '/': '/',
  '\\': '\\',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** Takes off what all lines are indented by; unlike the specification, the library counts the first line too. */
function blockStringValue(raw: string): string {
  const lines = raw.split('\n')
  const indents = lines.map((line) => line.search(/[^ \t]/)).filter((indent) => indent >= 0)
  const common = indents.length === 0 ? 0 : Math.min(...indents)
  const cut = lines.map((line, i) => (i === 0 ? line : line.slice(common)))
  const filled = (line: string): boolean => /[^ \t]/.test(line)
  const first = cut.findIndex(filled)
  return first < 0 ? '' : cut.slice(first, cut.findLastIndex(filled) + 1).join('\n')
}
