import type { Digest } from './digest.ts'
import type { Challenge } from './result.ts'
import type { DecisionId } from './frame.ts'
import type { JsonObject } from './json.ts'
import type { PolicyReply } from './policy-reply.ts'
import { createMint, type Minted } from './mint.ts'
import type { Seconds } from './time.ts'

/** A reason of a policy's answer; `code` is the author's, `message` is for the PEP's operator. */
export interface Reason {
  readonly code: string
  readonly message: string
}

/** Something the PEP must do if it lets the request through. */
export interface Obligation {
  readonly id: string
  readonly type: string
  readonly properties: JsonObject
}

/**
 * Where an answer came from: an earlier evaluation, kept by this instance (`hit-l1`) or shared by another (`hit-l2`); an
 * evaluation, since none was kept (`miss`), or since none was looked for (`bypass`).
 */
export type CacheUse = 'hit-l1' | 'hit-l2' | 'miss' | 'bypass'

/**
 * What policy said to one question of one ask.
 *
 * - `ask`: the decision it was evaluated for. `ttl`: how long the author lets the answer be reused.
 * - `cache`: where it came from; on a hit, `filledBy` is the decision whose evaluation made it.
 * - `inputSha256`: of the very text that was evaluated; none on a hit, where nothing was.
 */
export interface EvaluatedFacts {
  readonly ask: DecisionId
  readonly allow: boolean
  readonly reasons: readonly Reason[]
  readonly obligations: readonly Obligation[]
  readonly ttl?: Seconds
  readonly status?: 401 | 403 | 404 | 429
  readonly challenge?: Challenge
  readonly requestHeaders: Readonly<Record<string, string>>
  readonly responseHeaders: Readonly<Record<string, string>>
  /** What a policy of the OPA-Envoy dialect makes of the reply. */
  readonly reply?: PolicyReply
  readonly cache: CacheUse
  readonly filledBy?: DecisionId
  readonly inputSha256?: Digest
}

export type Evaluated = Minted<EvaluatedFacts, 'Evaluated'>

const mint = createMint<EvaluatedFacts, 'Evaluated'>()

/** Makes an evaluated answer. Only `policy/read-result.ts` may import this. */
export const mintEvaluated = mint.make
export const isEvaluated = mint.made
