import { isLineBreak, isPrintable } from './analyse-scalar.ts'

interface IndicatorOptions {
  /** Wants a space before it, and is followed by none of its own. */
  readonly space?: true
  readonly spaceAfter?: true
  /** Leaves the place as indentation: what follows may go on in the same line. */
  readonly keepsIndention?: true
}

/** Writes YAML as libyaml's emitter does, which remembers only column, indentation and whether it stands on white space. */
export interface YamlText {
  readonly indicator: (text: string, options: IndicatorOptions) => void
  /** One level deeper; a sequence in a mapping stays where it is. Lines of a scalar go deeper even at the top. */
  readonly indent: (what: 'mapping' | 'sequence' | 'sequence in mapping' | 'scalar') => void
  readonly unindent: () => void
  /** To the indentation, in a new line unless this one holds nothing else. */
  readonly line: () => void
  /** Scalars; `folds` lets long lines break at spaces. */
  readonly plain: (text: string, folds: boolean) => void
  readonly single: (text: string, folds: boolean) => void
  readonly double: (text: string, folds: boolean) => void
  readonly literal: (text: string) => void
  readonly end: () => string
}

const width = 80
const step = 2

export function createYamlText(): YamlText {
  let out = ''
  let column = 0
  let level = -1
  let space = true // whether the last written is white space
  let indention = true // whether the line holds indentation and indicators alone
  const levels: number[] = []

  function put(text: string): void {
    out += text
    column += Array.from(text).length
  }

  function newLine(): void {
    out += '\n'
    column = 0
  }

  function line(): void {
    const wanted = Math.max(level, 0)
    if (!indention || column > wanted || (column === wanted && !space)) newLine()
    put(' '.repeat(Math.max(0, wanted - column)))
    space = true
    indention = true
  }

  function indicator(text: string, options: IndicatorOptions): void {
    if (options.space && !space) put(' ')
    put(text)
    space = options.spaceAfter === true
    indention = indention && options.keepsIndention === true
  }

  function quoted(quote: string, text: string, write: (characters: readonly string[]) => void): void {
    indicator(quote, { space: true })
    write(Array.from(text))
    indicator(quote, {})
    space = false
    indention = false
  }

  /** Text in which a line may break at a single space, which then is not written. */
  function folding(characters: readonly string[], folds: boolean, inside: boolean, each: (character: string) => void) {
    let spaces = false
    for (const [i, character] of characters.entries()) {
      if (character !== ' ') {
        each(character)
        indention = false
        spaces = false
        continue
      }
      const between = !inside || (i > 0 && i < characters.length - 1)
      if (folds && !spaces && column > width && between && characters[i + 1] !== ' ') line()
      else put(' ')
      spaces = true
    }
  }

  return {
    indicator,
    line,
    indent(what) {
      levels.push(level)
      if (level < 0) level = what === 'scalar' ? step : 0
      else if (what !== 'sequence in mapping' || indention) level += step
    },
    unindent() {
      level = levels.pop() ?? -1
    },
    plain(text, folds) {
      if (!space) put(' ')
      folding(Array.from(text), folds, false, put)
      space = false
      indention = false
    },
    single(text, folds) {
      quoted("'", text, (characters) =>
        folding(characters, folds, true, (character) => put(character === "'" ? "''" : character)),
      )
    },
    double(text, folds) {
      quoted('"', text, (characters) => {
        let spaces = false
        for (const [i, character] of characters.entries()) {
          if (character !== ' ') put(escaped(character))
          else if (folds && !spaces && column > width && i > 0 && i < characters.length - 1) {
            line()
            if (characters[i + 1] === ' ') put('\\') // or the space would be lost
          } else put(' ')
          spaces = character === ' '
        }
      })
    },
    literal(text) {
      indicator('|', { space: true })
      if (/^[ \n]/.test(text)) indicator(String(step), {})
      if (!text.endsWith('\n')) indicator('-', {})
      else if (text === '\n' || text.endsWith('\n\n')) indicator('+', {})
      newLine()
      indention = true
      space = true
      let breaks = true
      for (const character of text) {
        if (isLineBreak(character)) {
          if (character === '\n') newLine()
          else {
            out += character
            column = 0
          }
          indention = true
        } else {
          if (breaks) line()
          put(character)
          indention = false
        }
        breaks = isLineBreak(character)
      }
    },
    end() {
      level = -1
      line()
      return out
    },
  }
}

const escapes: Readonly<Record<string, string>> = {
  '\0': '0',
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\x85': 'N',
  '\xa0': '_',
  '\u2028': 'L',
  '\u2029': 'P',
}

function escaped(character: string): string {
  if (isPrintable(character) && !isLineBreak(character) && character !== '"' && character !== '\\') return character
  const name = escapes[character]
  if (name !== undefined) return `\\${name}`
  const code = character.codePointAt(0) ?? 0
  const digits = code.toString(16).toUpperCase()
  if (code <= 0xff) return `\\x${digits.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${digits.padStart(4, '0')}` : `\\U${digits.padStart(8, '0')}`
}
