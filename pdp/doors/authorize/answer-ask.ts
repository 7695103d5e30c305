import type { Ask, Reuse } from '../../core/ask.ts'
import type { ProblemCode } from '../../core/codes.ts'
import type { Decision } from '../../core/decision.ts'
import type { Refusal, Result } from '../../core/result.ts'
import type { TraceContext } from '../../core/trace-context.ts'
import type { Decide } from '../../decide.ts'
import { admit, type Directory, type PepConnection } from '../admit.ts'
import type { Problem } from '../problem.ts'
import { createAuthorizeDoor } from './authorize.ts'

/** What is told of each ask. Must return at once and never throw. */
export interface AskEvents {
  requestRefused(code: ProblemCode): void
  decided(decision: Decision, ask: Ask, seconds: number): void
}

/** `current`: taken once per ask, so that a reload never mixes. `now`: monotonic milliseconds. */
export interface AnsweringParts {
  readonly current: () => Directory & { readonly decide: Decide }
  readonly demo: boolean
  readonly events: AskEvents
  readonly now: () => number
}

/** An ask as it comes in, by HTTP or inside this process. `body`: its JSON text, taken once it is known who asks. */
export interface IncomingAsk {
  readonly connection: PepConnection
  readonly service: string | undefined
  readonly askId?: string | undefined
  readonly reuse?: Reuse | undefined
  /** That of the call. */
  readonly trace?: TraceContext | undefined
  readonly body: () => Result<string> | Promise<Result<string>>
}

/** Answers an ask of an enforcement point: who asks, what for, the decision, the reply. */
export function createAnswering({ current, demo, events, now }: AnsweringParts) {
  const door = createAuthorizeDoor(demo)

  function refused(refusal: Refusal): Problem {
    events.requestRefused(refusal.code as ProblemCode) // every refusal before decide is a problem
    return door.refuse(refusal)
  }

  /** `snapshot`: where it was taken before, to look at the connection with. */
  async function answer(
    { connection, service, askId, reuse, trace, body }: IncomingAsk,
    snapshot = current(),
  ): Promise<Problem> {
    const { decide, ...directory } = snapshot
    const admitted = admit(connection, service, directory)
    if (!admitted.ok) return refused(admitted)
    const text = await body()
    if (!text.ok) return refused(text)
    const began = now()
    const { pep, ...asked } = {
      ...admitted.value,
      body: text.value,
      ...(askId !== undefined && { askId }),
      ...(reuse && { reuse }),
      ...(trace && { trace }),
    }
    const ask = door.toAsk(asked, pep)
    if (!ask.ok) return refused(ask)
    const decision = await decide(ask.value)
    events.decided(decision, ask.value, (now() - began) / 1000)
    return door.toReply(decision, ask.value)
  }
  return { answer, refused }
}
