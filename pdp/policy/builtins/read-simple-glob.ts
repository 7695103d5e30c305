/** A range of code points, both ends included. */
type Range = readonly [number, number]

/** One place of a simple glob: what may stand there (`any` is the dot), and how often. */
export interface GlobToken {
  readonly characters: 'any' | readonly Range[]
  /** Equal for equal places. A character and the set of it alone are not equal. */
  readonly id: string
  readonly repeat: '' | '+' | '*'
}

interface Rune {
  readonly code: string
  readonly escaped: boolean
}

/**
 * Reads the globs of `regex.globs_match`: characters, `.`, sets such as `[a-z_]`, each perhaps with `+` or `*`, and
 * `\` before a character that means itself. Undefined if it is not such a text.
 */
export function readSimpleGlob(text: string): readonly GlobToken[] | undefined {
  const runes = readRunes(text)
  if (!runes) return undefined
  const tokens: GlobToken[] = []
  let at = 0
  while (at < runes.length) {
    const read = readCharacters(runes, at)
    if (!read) return undefined
    const flag = runes[read.next]
    const repeat = flag && !flag.escaped && (flag.code === '+' || flag.code === '*') ? flag.code : ''
    tokens.push({ characters: read.characters, id: read.id, repeat })
    at = read.next + repeat.length
  }
  return simplify(tokens)
}

/** As OPA's library does: of two equal places that repeat, one behind the other, one is left; `a+a+` becomes `a+`. */
function simplify(tokens: readonly GlobToken[]): readonly GlobToken[] {
  const simple: GlobToken[] = []
  for (const token of tokens) {
    const last = simple.at(-1)
    if (last?.repeat && token.repeat && last.id === token.id) {
      simple[simple.length - 1] = { ...token, repeat: last.repeat === '+' ? '+' : token.repeat }
    } else {
      simple.push(token)
    }
  }
  return simple
}

function readRunes(text: string): readonly Rune[] | undefined {
  const runes: Rune[] = []
  const characters = [...text]
  for (let at = 0; at < characters.length; at++) {
    const escaped = characters[at] === '\\'
    const code = characters[escaped ? ++at : at]
    if (code === undefined) return undefined // nothing follows the backslash
    runes.push({ code, escaped })
  }
  return runes
}

interface Read {
  readonly characters: GlobToken['characters']
  readonly id: string
  readonly next: number
}

function readCharacters(runes: readonly Rune[], at: number): Read | undefined {
  const rune = runes[at]
  if (!rune) return undefined
  const single: Read = { characters: [rangeOf(rune)], id: rune.code, next: at + 1 }
  if (rune.escaped) return single
  switch (rune.code) {
    case '.':
      return { characters: 'any', id: 'any', next: at + 1 }
    case '[':
      return readSet(runes, at + 1)
    case ']':
    case '+':
    case '*':
      return undefined
    default:
      return single
  }
}

function readSet(runes: readonly Rune[], start: number): Read | undefined {
  const ranges: Range[] = []
  let from: Rune | undefined // the character that a range could begin with
  for (let at = start; at < runes.length; at++) {
    const rune = runes[at]
    if (!rune) return undefined
    if (isPlain(rune, ']')) return { characters: ranges, id: `[${merge(ranges).join(' ')}]`, next: at + 1 }
    if (!isPlain(rune, '-')) {
      ranges.push(rangeOf(rune))
      from = rune
      continue
    }
    const to = runes[++at]
    if (!from || !to || isPlain(to, ']') || isPlain(to, '-')) return undefined
    const range: Range = [rangeOf(from)[0], rangeOf(to)[1]]
    if (range[1] < range[0]) return undefined
    ranges.push(range)
    from = undefined
  }
  return undefined // no bracket closes it
}

function merge(ranges: readonly Range[]): readonly Range[] {
  const merged: Range[] = []
  for (const [low, high] of ranges.toSorted(([a], [b]) => a - b)) {
    const last = merged.at(-1)
    if (last && low <= last[1] + 1) merged[merged.length - 1] = [last[0], Math.max(last[1], high)]
    else merged.push([low, high])
  }
  return merged
}

const isPlain = ({ code, escaped }: Rune, character: string): boolean => !escaped && code === character

function rangeOf({ code }: Rune): Range {
  const point = code.codePointAt(0) ?? 0
  return [point, point]
}
