import type { Change } from './candidate-changes.ts'

/** Changes that together turn a deny into an allow: none of them can be left out. */
export interface Flip {
  readonly changes: readonly Change[]
  /** How many other values of the same facts do as well. */
  readonly alternatives: number
}

/** - `complete`: every set of changes with fewer changes than were found, or up to two if none was, had been tried. */
export interface Flips {
  readonly flips: readonly Flip[]
  readonly evaluations: number
  readonly complete: boolean
}

/** What an evaluation showed. `mark` tells apart ways of being denied: a change of it is progress. */
export interface Tried {
  readonly allow: boolean
  readonly mark: string
}

export interface FlipSearch {
  readonly candidates: readonly Change[]
  readonly evaluate: (changes: readonly Change[]) => Tried
  readonly maximumEvaluations: number
  /** Asked now and then; true ends the search. */
  readonly isLate: () => boolean
}

const mostFlips = 5
const beamWidth = 8
const lateEvery = 32
const afterFound = 2_000
const perMark = 4
const mostLeaders = 16

/**
 * Searches for the fewest changes that allow: one, else two, and else three on the way of the most promising pairs. Every
 * flip it answers was evaluated and allowed. Pairs are tried in the order of how likely their changes are, after those with a
 * change that by itself already changes why it is denied.
 */
export function findFlips(search: FlipSearch): Flips {
  const { candidates } = search
  const run = createRun(search)
  const before = search.evaluate([])
  if (before.allow) return { flips: [], evaluations: 1, complete: true }

  const byMark = new Map<string, Change[]>()
  for (const change of candidates) {
    const tried = run.tryOut([change])
    if (tried === undefined) return run.done(false)
    if (!tried.allow && tried.mark !== before.mark) byMark.set(tried.mark, [...(byMark.get(tried.mark) ?? []), change])
  }
  if (run.found.length > 0) return run.done(true)

  // what few changes bring about is the next gate; what most do is a question that makes no sense
  const rarest = [...byMark.values()].sort((a, b) => a.length - b.length)
  const leaders = rarest.flatMap((changes) => changes.slice(0, perMark)).slice(0, mostLeaders)
  const pairs: { readonly changes: readonly [Change, Change]; readonly mark: string }[] = []
  const seen = new Set([before.mark])
  for (const changes of pairsOf(leaders, candidates)) {
    const tried = run.tryOut(changes)
    if (tried === undefined) return run.done(false)
    if (!tried.allow && !seen.has(tried.mark) && pairs.length < beamWidth) {
      seen.add(tried.mark)
      pairs.push({ changes, mark: tried.mark })
    }
    if (run.found.length >= mostFlips) return run.done(true)
  }
  if (run.found.length > 0) return run.done(true)

  for (const { changes } of pairs)
    for (const change of candidates) {
      if (changes.some((other) => overlap(other, change))) continue
      if (run.tryOut([...changes, change]) === undefined) return run.done(true)
      if (run.found.length >= mostFlips) return run.done(true)
    }
  return run.done(true)
}

function createRun({ evaluate, maximumEvaluations, isLate }: FlipSearch) {
  let evaluations = 1
  let foundAt = Number.POSITIVE_INFINITY
  const found: (readonly Change[])[] = []
  const alternatives = new Map<string, number>()
  return {
    found,
    /** Evaluates, and keeps what allows; undefined once the search must end. */
    tryOut(changes: readonly Change[]): Tried | undefined {
      if (
        evaluations >= foundAt + afterFound ||
        evaluations >= maximumEvaluations ||
        (evaluations % lateEvery === 0 && isLate())
      )
        return undefined
      evaluations++
      const tried = evaluate(changes)
      if (tried.allow) {
        const key = pathsOf(changes)
        const known = alternatives.get(key)
        alternatives.set(key, known === undefined ? 0 : known + 1)
        if (known === undefined) found.push(changes)
        foundAt = Math.min(foundAt, evaluations)
      }
      return tried
    },
    done: (complete: boolean): Flips => ({
      flips: found
        .slice(0, mostFlips)
        .map((changes) => ({ changes, alternatives: alternatives.get(pathsOf(changes)) ?? 0 })),
      evaluations,
      complete,
    }),
  }
}

const pathsOf = (changes: readonly Change[]): string => JSON.stringify(changes.map(({ path }) => path.join('.')).sort())

/** Every pair once: of each leader and any first, then of any two, the likelier first. */
function* pairsOf(leaders: readonly Change[], candidates: readonly Change[]): Generator<readonly [Change, Change]> {
  const rank = new Map(leaders.map((change, i) => [change, i]))
  for (const b of candidates)
    for (const [i, a] of leaders.entries()) if (i < (rank.get(b) ?? leaders.length) && !overlap(a, b)) yield [a, b]
  const rest = candidates.filter((change) => !rank.has(change))
  for (let sum = 1; sum < rest.length * 2; sum++)
    for (let i = Math.max(0, sum - rest.length + 1); i * 2 < sum; i++) {
      const [a, b] = [rest[i], rest[sum - i]]
      if (a && b && !overlap(a, b)) yield [a, b]
    }
}

/** Whether one change is of the fact, or above the fact, that the other changes. */
const overlap = (a: Change, b: Change): boolean => a.path.every((name, i) => i >= b.path.length || name === b.path[i])
