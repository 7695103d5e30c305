import type { DecisionId } from './frame.ts'
import { createMint, type Minted } from './mint.ts'

/** The receipt of a record: the log holds it in the durability its mode promises. `seq` counts from 0. */
export interface WrittenFacts {
  readonly record: DecisionId
  readonly seq: number
}

export type Written = Minted<WrittenFacts, 'Written'>

const mint = createMint<WrittenFacts, 'Written'>()

/** Makes a receipt. Only the log in `audit/` may import this. */
export const mintWritten = mint.make
export const isWritten = mint.made
