import { isBoolean, isNumber, isString, listOf, shapeOf } from './guards.ts'

/** Why a query has its value. Shows what the policy reads and requires: for those who may see the policy. */
export interface Explanation {
  /** The first failing expressions of rule bodies that did not hold, sorted by file, row and column. */
  readonly fails: readonly FailedExpression[]
  /** The rules that held, sorted likewise: the reasons of a policy that lists what denies. */
  readonly holds: readonly HeldRule[]
  /** There were more than 500 of either. */
  readonly truncated: boolean
}

export interface FailedExpression {
  /** From the outermost rule to the one that holds the expression, such as `data.orders.allow`. */
  readonly rules: readonly string[]
  readonly file: string
  readonly row: number
  readonly col: number
  /** The expression as written. */
  readonly text: string
  /** OPA's name of the function (`eq`, `gt`, `in`, `startswith`, `data.lib.f`); empty for a bare term. */
  readonly operator: string
  /** True: what follows `not` holds, but must not. */
  readonly negated: boolean
  readonly operands: readonly Operand[]
  /** The rules that the expression refers to, of those that were tried. */
  readonly refers: readonly string[]
}

export interface Operand {
  /** The term as written. */
  readonly text: string
  /** Its value as Rego text, cut after 1,024 bytes; `undefined` where it has none. */
  readonly value: string
}

export interface HeldRule {
  readonly rule: string
  readonly file: string
  readonly row: number
  readonly col: number
  /** As Rego text, cut after 1,024 bytes. */
  readonly value: string
  /** The expressions of its body, in their order. */
  readonly conditions: readonly HeldCondition[]
  /** The rules that its body refers to, of those that were tried. */
  readonly refers: readonly string[]
}

/** An expression that held. */
export type HeldCondition = Pick<FailedExpression, 'file' | 'row' | 'col' | 'text' | 'operator' | 'operands'>

const place = { file: isString, row: isNumber, col: isNumber }

const isOperands = listOf(shapeOf<Operand>({ text: isString, value: isString }))

const isFailedExpression = shapeOf<FailedExpression>({
  ...place,
  rules: listOf(isString),
  text: isString,
  operator: isString,
  negated: isBoolean,
  operands: isOperands,
  refers: listOf(isString),
})

const isHeldCondition = shapeOf<HeldCondition>({ ...place, text: isString, operator: isString, operands: isOperands })

export const isExplanation = shapeOf<Explanation>({
  fails: listOf(isFailedExpression),
  holds: listOf(
    shapeOf<HeldRule>({
      ...place,
      rule: isString,
      value: isString,
      conditions: listOf(isHeldCondition),
      refers: listOf(isString),
    }),
  ),
  truncated: isBoolean,
})
