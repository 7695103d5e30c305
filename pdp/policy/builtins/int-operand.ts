import { isNumberValue, numberText, type Value } from '../value.ts'

const minimum = -(2n ** 63n)
const maximum = 2n ** 63n - 1n

/** An integer operand as Go's int: undefined for `1.0`, `1e2` and what 64 bits cannot hold. */
export function intOperand(value: Value | undefined): bigint | undefined {
  if (!isNumberValue(value)) return undefined
  const text = numberText(value)
  if (!/^-?\d{1,19}$/.test(text)) return undefined
  const integer = BigInt(text)
  return integer >= minimum && integer <= maximum ? integer : undefined
}
