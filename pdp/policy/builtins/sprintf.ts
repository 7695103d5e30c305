import { isArrayValue, isNumberValue, numberText, type Value } from '../value.ts'
import type { Builtin } from './builtin.ts'
import { formatFloat } from './format-float.ts'
import { formatBigInteger, formatInteger } from './format-integer.ts'
import type { FormatSpec } from './format-spec.ts'
import { formatText } from './format-text.ts'
import { type Operand, readFormat } from './read-format.ts'
import { valueText } from './value-text.ts'

/**
 * `sprintf`: Go's fmt.Sprintf over the operands as OPA hands them to it: integers as int64 or `*big.Int`, numbers with
 * a point as float64, everything else as text in Rego's syntax. What has no fixed text (an address) is undefined.
 */
export const sprintf: Builtin = {
  name: 'sprintf',
  call(format, values) {
    if (typeof format !== 'string' || !isArrayValue(values)) return undefined
    return readFormat(format, values.map(operandOf), formatOperand)
  },
}

const minimum = -(2n ** 63n)
const maximum = 2n ** 63n - 1n

function operandOf(value: Value): Operand {
  if (typeof value === 'string') return { type: 'string', value }
  if (!isNumberValue(value)) return { type: 'string', value: valueText(value) }
  const text = numberText(value)
  if (/^-?\d+$/.test(text)) {
    const integer = BigInt(text)
    return integer >= minimum && integer <= maximum
      ? { type: 'int64', value: integer }
      : { type: '*big.Int', value: integer }
  }
  const float = Number(text)
  return text.includes('.') && Number.isFinite(float)
    ? { type: 'float64', value: float }
    : { type: 'string', value: text }
}

function formatOperand(operand: Operand, verb: string, spec: FormatSpec): string {
  if (verb === 'T') return formatText(operand.type, 's', spec) ?? ''
  if (operand.type === '*big.Int') {
    if (verb === 'p') throw new Error('an address has no fixed text')
    return formatBigInteger(operand.value, verb, spec)
  }
  const under = (verb: string): string | undefined => {
    if (operand.type === 'string') return formatText(operand.value, verb, spec)
    return operand.type === 'int64' ? formatInteger(operand.value, verb, spec) : formatFloat(operand.value, verb, spec)
  }
  return under(verb) ?? `%!${verb}(${operand.type}=${under('v')})`
}
