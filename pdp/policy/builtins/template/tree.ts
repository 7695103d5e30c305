/** A part of a template that was read. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly pipe: Pipe }
  | { readonly kind: 'if' | 'with' | 'range'; readonly pipe: Pipe; readonly body: Body; readonly otherwise: Body }
  | { readonly kind: 'template'; readonly name: string; readonly pipe: Pipe | undefined }
  | { readonly kind: 'break' | 'continue' }

export type Body = readonly Part[]

/** Commands, each given the answer of the one before; variables that get the last one. */
export interface Pipe {
  readonly variables: readonly string[]
  readonly assigns: boolean
  readonly commands: readonly (readonly Operand[])[]
}

export type Operand =
  | { readonly kind: 'literal'; readonly value: boolean | string | bigint | number }
  | { readonly kind: 'nil' | 'dot' }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'variable'; readonly name: string; readonly fields: readonly string[] }
  | { readonly kind: 'field'; readonly fields: readonly string[] }
  | { readonly kind: 'pipe'; readonly pipe: Pipe; readonly fields: readonly string[] }
  | { readonly kind: 'chain'; readonly of: Operand; readonly fields: readonly string[] }
