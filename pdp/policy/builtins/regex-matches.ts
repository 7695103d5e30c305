import type { Matcher } from 're2js'
import { checkSteps, type Regex } from './regex-compile.ts'

const mostWork = 2 ** 28

/** One match: start and end of the whole and of every group in UTF-16 units, -1 where a group took no part. */
export type Match = readonly number[]

/**
 * All matches from left to right, or the first `limit` of them, as Go's `Regexp.allMatches` finds them: they do not
 * overlap, and an empty match right behind another match does not count.
 *
 * One search takes time linear in the text, but every next one may read to the end again (`(a+)b|a`), in Go as here.
 * Throws where searches and characters multiply to more than 2^28, unless the pattern is bounded.
 */
export function regexMatches(regex: Regex, text: string, limit = Number.POSITIVE_INFINITY): readonly Match[] {
  const { program, bounded } = regex
  checkSteps(regex, text)
  const matches: Match[] = []
  const matcher = program.matcher(text)
  let position = 0
  let previousEnd = -1
  let work = 0
  while (matches.length < limit && position <= text.length && matcher.find(position)) {
    const [start, end] = [matcher.start(), matcher.end()]
    if ((work += text.length) > mostWork && !bounded) throw new RangeError('the text has too many matches')
    const accepted = end !== position || start !== previousEnd
    // past an empty match by one character, never into the middle of a pair of surrogates
    position = end === position ? position + ((text.codePointAt(position) ?? 0) > 0xffff ? 2 : 1) : end
    previousEnd = end
    if (accepted) matches.push(groupsOf(program.groupCount(), matcher))
  }
  return matches
}

function groupsOf(count: number, matcher: Matcher): Match {
  const bounds: number[] = []
  for (let group = 0; group <= count; group++) bounds.push(matcher.start(group), matcher.end(group))
  return bounds
}
