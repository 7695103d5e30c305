/**
 * OPA's plan (`v1/ir` of the Go module), as far as reading goes: statements that read alike are one kind of step. Locals
 * are numbers; 0 is the input, 1 is data.
 */
export interface Plan {
  readonly entrypoints: ReadonlyMap<string, readonly Block[]>
  readonly functions: ReadonlyMap<string, PlannedFunction>
}

export interface PlannedFunction {
  readonly params: readonly number[]
  readonly blocks: readonly Block[]
  /** Where dynamic calls find it, from the generation (`g0`) on; absent for functions that they cannot call. */
  readonly path?: readonly string[]
}

/** Steps one after the other; whichever is undefined ends the block, and so may a break within. */
export type Block = readonly Step[]

export type Operand =
  | { readonly kind: 'local'; readonly local: number }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'boolean' }

export type Step =
  /** Null, a number, an empty list, object or set. A number below 10^9 is given as its digits. */
  | {
      readonly kind: 'make'
      readonly of: 'scalar' | 'list' | 'other'
      readonly digits?: string
      readonly target: number
    }
  | { readonly kind: 'assign'; readonly source: Operand; readonly target: number }
  /** Assigns, or compares with the value that is there: another one is a conflict. */
  | { readonly kind: 'assign-once'; readonly source: Operand; readonly target: number }
  /** From here on the local is undefined: it was reset, or the block ends here where it is not. */
  | { readonly kind: 'undefined'; readonly local: number }
  | { readonly kind: 'dot'; readonly source: Operand; readonly key: Operand; readonly target: number }
  | {
      readonly kind: 'scan'
      readonly source: Operand
      readonly key: number
      readonly value: number
      readonly block: Block
    }
  | { readonly kind: 'length'; readonly source: Operand; readonly target: number }
  | { readonly kind: 'compare'; readonly a: Operand; readonly b: Operand }
  | { readonly kind: 'append'; readonly list: number; readonly value: Operand }
  /** The operands become part of another value, which is the target where it is made by that. */
  | { readonly kind: 'use'; readonly operands: readonly Operand[]; readonly target?: number }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Operand[]; readonly result: number }
  | {
      readonly kind: 'call-dynamic'
      readonly path: readonly Operand[]
      readonly args: readonly Operand[]
      readonly result: number
    }
  | {
      readonly kind: 'with'
      readonly local: number
      readonly path: readonly string[]
      readonly value: Operand
      readonly block: Block
    }
  | { readonly kind: 'blocks'; readonly blocks: readonly Block[] }
  | { readonly kind: 'return'; readonly source: Operand }
  /** A statement of another version of the plan, or one that is not as it should be. */
  | { readonly kind: 'unknown' }
