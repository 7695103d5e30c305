import type { Result } from '../../core/result.ts'

/** A server that a bundle comes from. */
export interface BundleSource {
  /**
   * What is there now, unless it is what was answered last. Whatever could not be had is a refusal (POLICY_UNAVAILABLE),
   * after which the whole is asked for. `patience`: `wait` lets the other side hold the answer until there is something new.
   */
  ask(patience: 'now' | 'wait', signal: AbortSignal): Promise<Result<Uint8Array | 'unchanged'>>
  /** Asks for the whole the next time: the last answer was not taken, for it may have been a change of something else. */
  forget(): void
  /** Whether the other side holds answers, so that it can be asked again at once. */
  waits(): boolean
}
