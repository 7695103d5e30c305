import type { Builtin } from './builtin.ts'
import { type GlobToken, readSimpleGlob } from './read-simple-glob.ts'

/**
 * `regex.globs_match`: whether some text matches both globs. It walks as OPA's library (yashtewari/glob-intersection)
 * does, whose answer is not in every case that of set theory. Undefined for a text that is no such glob, and where
 * more than four million pairs of tokens would have to be compared.
 */
export const regexGlobsMatch: Builtin = {
  name: 'regex.globs_match',
  call(first, second) {
    if (typeof first !== 'string' || typeof second !== 'string') return undefined
    const [a, b] = [readSimpleGlob(first), readSimpleGlob(second)]
    if (!a || !b) return undefined
    const trimmed = trim(a, b)
    return trimmed !== undefined && createIntersection()(...trimmed)
  },
}

const mostComparisons = 4_000_000

/** A glob from one of its tokens on. */
interface Tail {
  readonly glob: Glob
  readonly at: number
}

type Glob = readonly GlobToken[]

/** Takes equal ends off; undefined where the ends differ. One token stays at each end, for the walk needs it. */
function trim(a: Glob, b: Glob): readonly [Glob, Glob] | undefined {
  let left = 0
  for (; ; left++) {
    const [x, y] = [a[left], b[left]]
    if (!x || !y || x.repeat || y.repeat) break
    if (!meets(x, y)) return undefined
  }
  if (left > 0) left--
  let endA = a.length - 1
  let endB = b.length - 1
  for (; endA >= left && endB >= left; endA--, endB--) {
    const [x, y] = [a[endA], b[endB]]
    if (!x || !y || x.repeat || y.repeat) break
    if (!meets(x, y)) return undefined
  }
  if (endA < a.length - 1) {
    endA++
    endB++
  }
  return [a.slice(left, endA + 1), b.slice(left, endB + 1)]
}

/** Whether some character may stand in both places. */
function meets({ characters: x }: GlobToken, { characters: y }: GlobToken): boolean {
  if (x === 'any' || y === 'any') return true
  return x.some(([low, high]) => y.some(([from, to]) => low <= to && from <= high))
}

function createIntersection(): (a: Glob, b: Glob) => boolean {
  let comparisons = 0
  const known = new Map<Glob, Map<number, boolean>>() // by the glob that comes first, then by the two places

  function match(x: GlobToken, y: GlobToken): boolean {
    if (++comparisons > mostComparisons) throw new RangeError('the globs have too much in common')
    return meets(x, y)
  }

  /** The same tails are met on many ways; without this memory their number would grow exponentially. */
  function normal(a: Tail, b: Tail): boolean {
    const answers = known.get(a.glob) ?? new Map<number, boolean>()
    known.set(a.glob, answers)
    const key = a.at * (b.glob.length + 1) + b.at
    const answer = answers.get(key) ?? walk(a, b)
    answers.set(key, answer)
    return answer
  }

  function walk(a: Tail, b: Tail): boolean {
    for (let i = 0; ; i++) {
      const [x, y] = [a.glob[a.at + i], b.glob[b.at + i]]
      if (!x || !y) return !x && !y
      if (x.repeat || y.repeat) return special(from(a, i), from(b, i))
      if (!match(x, y)) return false
    }
  }

  function special(a: Tail, b: Tail): boolean {
    const repeat = a.glob[a.at]?.repeat
    if (repeat) return repeat === '+' ? plus(a, b) : star(a, b)
    return b.glob[b.at]?.repeat === '+' ? plus(b, a) : star(b, a)
  }

  function plus(a: Tail, b: Tail): boolean {
    const [x, y] = [a.glob[a.at], b.glob[b.at]]
    if (!x || !y || !match(x, y)) return false
    return star(a, from(b, 1)) || (y.repeat !== '' && normal(from(a, 1), b))
  }

  function star(a: Tail, b: Tail): boolean {
    const [repeated, next] = [a.glob[a.at], a.glob[a.at + 1]]
    if (!repeated) return false
    for (let at = b.at; ; at++) {
      const token = b.glob[at]
      if (!token) return !next
      if (next && match(token, next) && normal(from(a, 1), { glob: b.glob, at })) return true
      if (!match(token, repeated)) return false
    }
  }

  return (a, b) => normal({ glob: a, at: 0 }, { glob: b, at: 0 })
}

const from = ({ glob, at }: Tail, by: number): Tail => ({ glob, at: at + by })
