import type { JsonValue } from '../../../core/json.ts'
import type { Change } from '../../../policy/flips/candidate-changes.ts'
import type { Flips } from '../../../policy/flips/find-flips.ts'
import type { HeldCondition } from '../../../rego/explanation.ts'
import type { ExplainedDecision } from './explain-decision.ts'

/** An explanation for people. `placed` makes a path of a module one that can be opened from here. */
export function explainText(explained: ExplainedDecision, placed: (file: string) => string): string {
  const { allow, entrypoint, decided, refused, causes, truncated, flips } = explained
  const lines = [`${allow ? 'ALLOW' : 'DENY'} ${entrypoint}${refused === undefined ? '' : `: ${refused}`}`]
  for (const { code, message } of reasonsOf(decided)) lines.push(`  ${code}${message === '' ? '' : `: ${message}`}`)
  for (const { rule, file, row, col, conditions } of causes.held) {
    lines.push('', `${rule} holds at ${placed(file)}:${row}:${col}, since`)
    for (const condition of conditions) lines.push(...conditionLines(condition, placed))
  }
  if (causes.failed.length > 0) lines.push('', allow ? 'what did not hold' : 'what would have to be otherwise')
  for (const failed of causes.failed) {
    lines.push(...conditionLines(failed, placed))
    lines.push(`    ${failed.negated ? 'holds, but must not, ' : ''}in ${failed.rules.at(-1) ?? ''}`)
  }
  if (truncated) lines.push('', 'there is more than is listed')
  if (flips) lines.push('', ...flipLines(flips))
  return `${lines.join('\n')}\n`
}

const widest = 100

function conditionLines(
  { file, row, col, text, operands }: HeldCondition,
  placed: (file: string) => string,
): readonly string[] {
  const [first = '', ...more] = text.split('\n')
  const shown = more.length > 0 ? `${first} …` : first
  const values = operands.filter((operand) => operand.text !== operand.value)
  return [
    `  ${placed(file)}:${row}:${col}  ${shown}`,
    ...values.map(({ text: term, value }) => `    ${cut(term.replaceAll(/\s+/g, ' '))} is ${cut(value)}`),
  ]
}

const cut = (text: string): string => (text.length > widest ? `${text.slice(0, widest)}…` : text)

function flipLines({ flips, evaluations, complete }: Flips): readonly string[] {
  if (flips.length === 0)
    return [`flips if: none found within ${evaluations} evaluations${complete ? '' : ' (there was more to try)'}`]
  return flips.flatMap(({ changes, alternatives }) => [
    `flips if ${changes.map(changeText).join(' and ')}`,
    ...(alternatives > 0 ? [`  as do ${alternatives} other value${alternatives === 1 ? '' : 's'} of the same`] : []),
  ])
}

const changeText = ({ path, from, to }: Change): string => {
  const now = from === undefined ? 'now absent' : `now ${JSON.stringify(from)}`
  return to === undefined
    ? `${path.join('.')} is absent (${now})`
    : `${path.join('.')} = ${JSON.stringify(to)} (${now})`
}

/** The reasons of a decision's document. */
function reasonsOf(decided: JsonValue | undefined): readonly { readonly code: string; readonly message: string }[] {
  const reasons =
    typeof decided === 'object' && decided !== null && 'reasons' in decided ? decided['reasons'] : undefined
  if (!Array.isArray(reasons)) return []
  return (reasons as readonly JsonValue[]).flatMap((reason) => {
    if (typeof reason !== 'object' || reason === null || !('code' in reason)) return []
    const { code, message } = reason as Readonly<Record<string, JsonValue>>
    return typeof code === 'string' ? [{ code, message: typeof message === 'string' ? message : '' }] : []
  })
}
