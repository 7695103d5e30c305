import { RE2JS } from 're2js'
import type { Builtin } from './builtin.ts'
import { checkSteps, compileRegex } from './regex-compile.ts'

/**
 * `regex.template_match`: whether the whole text matches a template of literal text with patterns between delimiters,
 * one ASCII character each: `urn:<[a-z]+>:<.*>`. Delimiters nest, and undefined follows where they do not balance.
 */
export const regexTemplateMatch: Builtin = {
  name: 'regex.template_match',
  call(template, text, start, end) {
    if (typeof template !== 'string' || typeof text !== 'string') return undefined
    if (!isDelimiter(start) || !isDelimiter(end)) return undefined
    const pattern = patternOf(template, start, end)
    if (pattern === undefined) return undefined
    const regex = compileRegex(pattern)
    checkSteps(regex, text)
    return regex.program.test(text)
  },
}

// Go asks for one byte
const isDelimiter = (value: unknown): value is string => typeof value === 'string' && /^[\0-\x7f]$/.test(value)

function patternOf(template: string, start: string, end: string): string | undefined {
  let pattern = '^'
  let level = 0
  let literal = 0
  let open = 0
  for (let at = 0; at < template.length; at++) {
    if (template[at] === start) {
      if (++level === 1) open = at
    } else if (template[at] === end) {
      if (--level < 0) return undefined
      if (level > 0) continue
      const inner = template.slice(open + 1, at)
      compileRegex(`^${inner}$`) // each must be a pattern by itself, so that none reaches out of its group
      pattern += `${RE2JS.quote(template.slice(literal, open))}(${inner})`
      literal = at + 1
    }
  }
  return level === 0 ? `${pattern}${RE2JS.quote(template.slice(literal))}$` : undefined
}
