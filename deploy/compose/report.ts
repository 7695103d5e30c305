import type { Attempt } from './attempts.ts'

/** What came of an attempt. `name`: under which its last request travelled. */
export interface Outcome {
  readonly kind: 'honest' | 'attack'
  readonly name: string
  readonly attempt: Pick<Attempt, 'tried' | 'answered' | 'code'>
  readonly answered: number | 'no way'
}

/** What reached a service, and who was said to be calling. */
export interface Seen {
  readonly attempt?: string
  readonly subject?: string
}

/** The table of all that was tried; good if every attack was stopped, and every honest caller was served as itself. */
export function report(
  outcomes: readonly Outcome[],
  seen: readonly Seen[],
): { readonly text: string; readonly good: boolean } {
  const width = Math.max(...outcomes.map(({ attempt }) => attempt.tried.length))
  const rows = outcomes.map(({ kind, name, attempt, answered }) => {
    const reached = seen.filter((each) => each.attempt === name)
    const good =
      answered === attempt.answered && reached.length === (kind === 'honest' ? 1 : 0) && !reached.some(isAnother)
    const columns = [
      kind,
      attempt.tried.padEnd(width),
      String(answered).padEnd(6),
      (reached.length > 0 ? 'reached the service' : 'stopped').padEnd(19),
      good ? (attempt.code ?? '-') : `NOT AS EXPECTED: ${attempt.answered}`,
    ]
    return { good, line: columns.join('  ') }
  })
  const wrong = rows.filter(({ good }) => !good).length
  const attacks = outcomes.filter(({ kind }) => kind === 'attack').length
  const end =
    wrong === 0
      ? `${attacks} attacks, none reached a service; ${outcomes.length - attacks} honest callers served`
      : `${wrong} of ${outcomes.length} not as expected`
  return { text: [...rows.map(({ line }) => line), end, ''].join('\n'), good: wrong === 0 }
}

/** The service was told of another caller: all honest ones are checkout, or nobody is told. */
const isAnother = ({ subject }: Seen): boolean =>
  subject !== undefined && !subject.endsWith('/ns/shop/sa/checkout') && !subject.endsWith('#checkout')
