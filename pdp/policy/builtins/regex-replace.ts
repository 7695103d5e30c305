import type { Builtin } from './builtin.ts'
import { compileRegex, type Regex } from './regex-compile.ts'
import { type Match, regexMatches } from './regex-matches.ts'

const longestAnswer = 2 ** 22

/**
 * `regex.replace`: the text with every match of the pattern replaced by the template, in which `$1`, `${1}`, `$name`
 * and `${name}` stand for groups and `$$` for a dollar sign, as in Go's `Regexp.Expand`. Undefined where the answer
 * would pass four million UTF-16 units.
 */
export const regexReplace: Builtin = {
  name: 'regex.replace',
  call(text, pattern, template) {
    if (typeof text !== 'string' || typeof pattern !== 'string' || typeof template !== 'string') return undefined
    const regex = compileRegex(pattern)
    const pieces = readTemplate(template, regex.groupsNamed)
    let answer = ''
    let lastEnd = 0
    for (const match of regexMatches(regex, text)) {
      answer += text.slice(lastEnd, match[0])
      for (const piece of pieces) answer += typeof piece === 'string' ? piece : groupOf(text, match, piece)
      lastEnd = match[1] ?? lastEnd
      if (answer.length > longestAnswer) return undefined
    }
    return answer + text.slice(lastEnd)
  },
}

/** Text as it stands, or groups, of which the first that took part stands there. */
type Piece = string | readonly number[]

function groupOf(text: string, match: Match, groups: readonly number[]): string {
  const group = groups.find((number) => (match[2 * number] ?? -1) >= 0)
  return group === undefined ? '' : text.slice(match[2 * group], match[2 * group + 1])
}

// The longest run of letters, digits and underscores is the name: `$1x` is the group `1x`.
const reference = /^(?:\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/u

function readTemplate(template: string, groupsNamed: Regex['groupsNamed']): readonly Piece[] {
  const pieces: Piece[] = []
  let rest = template
  for (;;) {
    const dollar = rest.indexOf('$')
    if (dollar < 0) return [...pieces, rest]
    pieces.push(rest.slice(0, dollar))
    rest = rest.slice(dollar + 1)
    const found = reference.exec(rest)
    const name = found?.[1] ?? found?.[2]
    if (found && name !== undefined) pieces.push(/^(?:0|[1-9]\d{0,8})$/.test(name) ? [Number(name)] : groupsNamed(name))
    else pieces.push('$') // a dollar sign that names no group stands for itself, and so do two of them
    rest = rest.slice(found ? found[0].length : rest.startsWith('$') ? 1 : 0)
  }
}
