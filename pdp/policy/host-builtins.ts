import type { Builtin } from './builtins/builtin.ts'
import { readValue } from './read-value.ts'
import type { Value } from './value.ts'
import { hasLoneSurrogate } from './write-input.ts'
import { writeValue } from './write-value.ts'

/** What a host builtin reads from and writes into: the values of the instance that calls. */
export interface ValueMemory {
  /** The dumped text of the value at an address. */
  readonly dump: (address: number) => string
  /** Parses a text into the instance; 0 if that fails. */
  readonly parse: (text: string) => number
}

/**
 * The function behind `opa_builtin0` to `opa_builtin4`: answers the address of the result, or 0 for undefined. What the
 * builtin itself throws is undefined too; what the instance throws meanwhile (an abort) passes through.
 */
export function createBuiltinDispatch(
  builtinOf: (id: number) => Builtin | undefined,
  memory: ValueMemory,
): (id: number, context: number, ...addresses: readonly number[]) => number {
  return (id, _context, ...addresses) => {
    const builtin = builtinOf(id)
    if (!builtin) return 0 // the module was refused at load if it names one we lack
    const operands: Value[] = []
    for (const address of addresses) {
      const operand = readValue(memory.dump(address))
      if (operand === undefined) return 0
      operands.push(operand)
    }
    const text = answerOf(builtin, operands)
    return text === undefined ? 0 : memory.parse(text)
  }
}

function answerOf(builtin: Builtin, operands: readonly Value[]): string | undefined {
  try {
    const answer = builtin.call(...operands)
    if (answer === undefined) return undefined
    const text = writeValue(answer)
    return hasLoneSurrogate(text) ? undefined : text // the module would abort on it
  } catch {
    return undefined
  }
}
