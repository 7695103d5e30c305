import type { Builtin } from './builtin.ts'
import { compileRegex } from './regex-compile.ts'
import { regexMatches } from './regex-matches.ts'

/** `regex.split`: the parts of the text between the matches of the pattern, as Go's `Regexp.Split` cuts them. */
export const regexSplit: Builtin = {
  name: 'regex.split',
  call(pattern, text) {
    if (typeof pattern !== 'string' || typeof text !== 'string') return undefined
    const regex = compileRegex(pattern)
    return pattern.length > 0 && text.length === 0 ? [''] : split(text, regexMatches(regex, text))
  },
}

function split(text: string, matches: readonly (readonly number[])[]): readonly string[] {
  const parts: string[] = []
  let begin = 0
  let end = 0
  for (const [matchStart = 0, matchEnd = 0] of matches) {
    end = matchStart
    if (matchEnd !== 0) parts.push(text.slice(begin, end)) // nothing is cut off by an empty match at the very start
    begin = matchEnd
  }
  if (end !== text.length) parts.push(text.slice(begin))
  return parts
}
