import type { Builtin } from './builtins/builtin.ts'
import type { EvaluationContext } from './evaluation-context.ts'
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
 * builtin itself throws is undefined too; what the instance throws meanwhile (an abort) passes through. `contextOf` is
 * asked only for builtins that need the decision; where there is none, they are undefined.
 */
export function createBuiltinDispatch(
  builtinOf: (id: number) => Builtin | undefined,
  memory: ValueMemory,
  contextOf: () => EvaluationContext | undefined,
): (id: number, context: number, ...addresses: readonly number[]) => number {
  return (id, _context, ...addresses) => {
    const builtin = builtinOf(id)
    if (!builtin) return 0 // the module was refused at load if it names one we lack
    const { callIn } = builtin
    const text = callIn ? perDecision(builtin, callIn, addresses) : pure(builtin.call, addresses)
    return text === undefined ? 0 : memory.parse(text)
  }

  function pure(call: Builtin['call'], addresses: readonly number[]): string | undefined {
    const operands: Value[] = []
    for (const address of addresses) {
      const operand = readValue(memory.dump(address))
      if (operand === undefined) return undefined
      operands.push(operand)
    }
    return answerOf(call, operands)
  }

  function perDecision(
    builtin: Builtin,
    callIn: NonNullable<Builtin['callIn']>,
    addresses: readonly number[],
  ): string | undefined {
    const context = contextOf()
    const texts = addresses.map((address) => memory.dump(address))
    return context?.frozen(builtin, texts, () => {
      const operands = texts.map(readValue).filter((operand) => operand !== undefined)
      if (operands.length < texts.length) return undefined
      return answerOf((...values) => callIn(context, ...values), operands)
    })
  }
}

function answerOf(call: Builtin['call'], operands: readonly Value[]): string | undefined {
  try {
    const answer = call(...operands)
    if (answer === undefined) return undefined
    const text = writeValue(answer)
    return hasLoneSurrogate(text) ? undefined : text // the module would abort on it
  } catch {
    return undefined
  }
}
