import type { EvaluatedFacts } from '../core/evaluated.ts'

/** What a policy answered, apart from who was asking: the part of an evaluated value that a cache may keep. */
export type Answer = Omit<EvaluatedFacts, 'ask' | 'cache' | 'filledBy' | 'inputSha256'>
