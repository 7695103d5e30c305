import { RE2JS, RE2JSSyntaxException } from 're2js'
import { renameGroups } from './regex-rename-groups.ts'

const longestPattern = 16_384
const longestWrittenOut = 2 ** 19
const mostSteps = 2 ** 27
const entries = 100
const longestKept = 2048

/** A compiled pattern, and the numbers of the groups that bear a name: several may bear the same. */
export interface Regex {
  readonly program: RE2JS
  /** Without repetition that has no end: it reads no further behind a match than the pattern is long. */
  readonly bounded: boolean
  readonly groupsNamed: (name: string) => readonly number[]
}

const compiled = new Map<string, Regex>()

/**
 * Compiles a pattern in RE2 syntax, as Go's `regexp.Compile`; matching takes time linear in the input. Short patterns
 * are kept, a hundred of them. Throws on what Go refuses, on patterns above 16,384 UTF-16 units, and where the length
 * times the largest count in braces is above 2^19: that much would be written out.
 */
export function compileRegex(pattern: string): Regex {
  const known = compiled.get(pattern)
  if (known) return known
  if (pattern.length > longestPattern || writtenOut(pattern) > longestWrittenOut) {
    throw new RangeError('the pattern is too long')
  }
  const regex = compile(pattern)
  if (pattern.length > longestKept) return regex
  if (compiled.size >= entries) compiled.clear() // cheaper than an order of use, and as good where little varies
  compiled.set(pattern, regex)
  return regex
}

function compile(pattern: string): Regex {
  try {
    const program = RE2JS.compile(pattern)
    const groups = new Map(Object.entries(program.namedGroups()).map(([name, group]) => [name, [group]]))
    return { program, bounded: isBounded(pattern), groupsNamed: (name) => groups.get(name) ?? [] }
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException) || !error.message.includes('duplicate')) throw error
    return compileRenamed(pattern)
  }
}

/** Go lets several groups bear one name. */
function compileRenamed(pattern: string): Regex {
  const renamed = renameGroups(pattern)
  const program = RE2JS.compile(renamed.pattern)
  const numbers = program.namedGroups()
  return {
    program,
    bounded: isBounded(pattern),
    groupsNamed: (name) =>
      renamed.names.flatMap((own, i) => (own === name ? [numbers[`${renamed.prefix}${i}`] ?? 0] : [])),
  }
}

// where these stand for themselves, a pattern is only taken for worse than it is
const isBounded = (pattern: string): boolean => !/[*+]|\{\d+,\}/.test(pattern)

function writtenOut(pattern: string): number {
  const counts = [...pattern.matchAll(/\{(\d{0,4}),?(\d{0,4})\}/g)].map(([, low, high]) =>
    Math.max(Number(low), Number(high)),
  )
  return pattern.length * Math.max(1, ...counts)
}

/** Throws where one search could take more than 2^27 steps, that is, instructions of the pattern times characters. */
export function checkSteps({ program }: Regex, text: string): void {
  if (program.programSize() * text.length > mostSteps) throw new RangeError('the text is too long for the pattern')
}
