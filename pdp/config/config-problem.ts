import type { z } from 'zod'
import { didYouMean } from '../core/did-you-mean.ts'
import { knownMembers } from './known-members.ts'

/** One thing wrong with a configuration: where (`services.orders.peps`), and what to do about it. Never holds a value. */
export interface ConfigProblem {
  readonly at: string
  readonly message: string
}

type Path = readonly PropertyKey[]

/** Says what a schema found, in the words of the operator. */
export function problemsOf(issue: z.core.$ZodIssue, base: Path = []): ConfigProblem[] {
  const path = [...base, ...issue.path]
  if (issue.code === 'invalid_union') {
    // show the branch that fits best: fewest unknown or wrong members
    const [best] = [...issue.errors].sort((a, b) => weight(a) - weight(b))
    return best === undefined || best.length === 0
      ? [{ at: dotted(path), message: issue.message }]
      : best.flatMap((inner) => problemsOf(inner, path))
  }
  if (issue.code === 'invalid_key') return [{ at: dotted(path), message: issue.issues[0]?.message ?? issue.message }]
  if (issue.code !== 'unrecognized_keys') return [{ at: dotted(path), message: issue.message }]
  return issue.keys.map((key) => ({ at: dotted([...path, key]), message: unknownMember(path, key) }))
}

/** What is said of a member that the schema does not know. */
export function unknownMember(path: Path, key: string): string {
  const { names } = knownMembers(path)
  const meant = didYouMean(key, names)
  return meant ? `unknown key: did you mean \`${meant}\`?` : `unknown key: known here are ${names.join(', ')}`
}

const dotted = (path: Path): string => path.map(String).join('.')

const weight = (issues: readonly z.core.$ZodIssue[]): number =>
  issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0)
