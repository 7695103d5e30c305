import type { Builtin } from './builtin.ts'
import { intOperand } from './int-operand.ts'
import { compileRegex } from './regex-compile.ts'
import { regexMatches } from './regex-matches.ts'

/** `regex.find_n`: the first `n` matches of the pattern in the text, all of them if `n` is negative. */
export const regexFindN: Builtin = {
  name: 'regex.find_n',
  call(pattern, text, n) {
    const limit = intOperand(n)
    if (typeof pattern !== 'string' || typeof text !== 'string' || limit === undefined) return undefined
    const matches = regexMatches(compileRegex(pattern), text, limit < 0n ? undefined : Number(limit))
    return matches.map(([start, end]) => text.slice(start, end))
  },
}
