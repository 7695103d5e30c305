import { trimEnd } from '../trim-end.ts'

/** A token of a template; `text` stands outside of actions, everything else within. */
export interface Token {
  readonly kind:
    | 'text'
    | 'open'
    | 'close'
    | 'space'
    | 'number'
    | 'char'
    | 'string'
    | 'raw'
    | 'variable'
    | 'field'
    | 'word'
    | Punctuation
  readonly value: string
}

type Punctuation = '.' | '=' | ':=' | '|' | '(' | ')' | ','

const patterns: readonly (readonly [Token['kind'], RegExp])[] = [
  ['space', /[ \t\r\n]+/y],
  ['string', /"(?:[^"\\\n]|\\[^\n])*"/y],
  ['raw', /`[^`]*`/y],
  ['char', /'(?:[^'\\\n]|\\[^\n])*'/y],
  ['variable', /\$[\p{L}\p{Nd}_]*/uy],
  ['field', /\.[\p{L}\p{Nd}_]+/uy],
  ['number', /[+-]?(?:0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|[\d_]*\.?[\d_]+(?:[eE][+-]?[\d_]+)?|\d[\d_]*\.)/y],
  ['word', /[\p{L}_][\p{L}\p{Nd}_]*/uy],
  [':=', /:=/y],
  ['.', /\./y],
  ['=', /=/y],
  ['|', /\|/y],
  ['(', /\(/y],
  [')', /\)/y],
  [',', /,/y],
]
// what may follow a name, a field or a variable
const terminator = /[ \t\r\n.,|:)(]|-?\}\}|$/y
const close = /(?:[ \t\r\n]-)?\}\}/y

/** Cuts a template as Go's text/template/parse; throws where that fails. White space at `{{-` and `-}}` is gone. */
export function lex(source: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  let trimming = false
  while (at < source.length) {
    const open = source.indexOf('{{', at)
    const end = open < 0 ? source.length : open
    const trims = open >= 0 && /^\{\{-[ \t\r\n]/.test(source.slice(open, open + 4))
    let text = source.slice(at, end)
    if (trimming) text = text.replace(/^[ \t\r\n]+/, '')
    if (trims) text = trimEnd(text, ' \t\r\n')
    if (text !== '') tokens.push({ kind: 'text', value: text })
    if (open < 0) break
    at = open + (trims ? 3 : 2)
    if (source.startsWith('/*', at) || (trims && /^[ \t\r\n]\/\*/.test(source.slice(at, at + 3)))) {
      const stop = source.indexOf('*/', at)
      const closing = stop < 0 ? undefined : matchAt(close, source, stop + 2)
      if (closing === undefined) throw new Error('a comment that does not end')
      trimming = closing.length > 2
      at = stop + 2 + closing.length
      continue
    }
    tokens.push({ kind: 'open', value: '' })
    const action = lexAction(source, at, tokens)
    at = action.end
    trimming = action.trims
  }
  return tokens
}

function lexAction(source: string, start: number, tokens: Token[]): { readonly end: number; readonly trims: boolean } {
  let depth = 0
  for (let at = start; ; ) {
    const closing = matchAt(close, source, at)
    if (closing !== undefined) {
      if (depth !== 0) throw new Error('an open parenthesis')
      tokens.push({ kind: 'close', value: '' })
      return { end: at + closing.length, trims: closing.length > 2 }
    }
    const token = tokenAt(source, at)
    if (token.kind === '(') depth++
    if (token.kind === ')' && --depth < 0) throw new Error('a closing parenthesis too many')
    tokens.push(token)
    at += token.value.length
  }
}

function tokenAt(source: string, at: number): Token {
  for (const [kind, pattern] of patterns) {
    let value = matchAt(pattern, source, at)
    if (value === undefined || (kind === 'number' && !/\d/.test(value))) continue
    // the last space before a trimming end belongs to that
    if (kind === 'space' && source.startsWith('-}}', at + value.length)) value = value.slice(0, -1)
    const named = kind === 'variable' || kind === 'field' || kind === 'word'
    if (named && matchAt(terminator, source, at + value.length) === undefined) throw new Error('a bad character')
    if (kind === 'number' && /[\p{L}\p{Nd}_]/u.test(source[at + value.length] ?? '')) throw new Error('not a number')
    return { kind, value }
  }
  throw new Error('not a token')
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}
