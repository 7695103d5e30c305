import type { Value } from '../value.ts'
import type { Builtin } from './builtin.ts'
import { intOperand } from './int-operand.ts'

/** `strings.count`, `strings.split_n` and `indexof_n`, which count characters by code point. */
export const stringsParts: readonly Builtin[] = [
  { name: 'strings.count', call: count },
  { name: 'strings.split_n', call: splitN },
  { name: 'indexof_n', call: indexOfN },
]

function count(text: Value | undefined, part: Value | undefined): number | undefined {
  if (typeof text !== 'string' || typeof part !== 'string') return undefined
  return part === '' ? Array.from(text).length + 1 : text.split(part).length - 1
}

/** The first `n` parts, or the last where it is negative. */
function splitN(text: Value | undefined, delimiter: Value | undefined, n: Value | undefined): Value | undefined {
  const wanted = intOperand(n)
  if (typeof text !== 'string' || typeof delimiter !== 'string' || wanted === undefined) return undefined
  const parts = delimiter === '' ? Array.from(text) : text.split(delimiter)
  if (wanted >= 0n) return parts.slice(0, Number(wanted)) // beyond 2^53 more than there are
  return parts.slice(Math.max(0, parts.length + Number(wanted)))
}

/** Every place where the part stands, overlapping ones too. */
function indexOfN(text: Value | undefined, part: Value | undefined): Value | undefined {
  if (typeof text !== 'string' || typeof part !== 'string' || part === '') return undefined
  const found: number[] = []
  let position = 0
  let counted = 0
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
    for (; counted < at; position++) counted += (text.codePointAt(counted) ?? 0) > 0xffff ? 2 : 1
    found.push(position)
  }
  return found
}
