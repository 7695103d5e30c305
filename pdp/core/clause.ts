import type { Brand } from './brand.ts'

/** The id of one check, such as `rfc9449-4.3.9-htu`. Declared by {@link clauses} in the file that checks it. */
export type Clause = Brand<string, 'Clause'>

/**
 * Declares the clauses of one file: `clauses({ htu: 'rfc9449-4.3.9-htu' })`. Export the result under a name that ends
 * in `Clauses`: the architecture test collects these lists and refuses an id that stands in two of them.
 */
export function clauses<T extends Readonly<Record<string, string>>>(table: T): { readonly [K in keyof T]: Clause } {
  // The one place where a clause comes into being: an id and a clause have the same representation.
  return table as unknown as { readonly [K in keyof T]: Clause }
}
