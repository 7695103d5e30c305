import type { Ask } from './core/ask.ts'
import type { Caller } from './core/caller.ts'
import { allowsAnything, type Decision, seal } from './core/decision.ts'
import { conclude, type Draft, decisionClauses, deny } from './core/draft.ts'
import { createDeadlines, type Deadline } from './core/deadline.ts'
import { faultOf } from './core/fault.ts'
import type { Frame } from './core/frame.ts'
import { inputOf } from './core/policy-input.ts'
import { recordOf } from './core/record.ts'
import { type Result, refuse } from './core/result.ts'
import { type Laps, spentOf } from './core/spent.ts'
import type { AuditLog, PolicySet } from './seams.ts'

/** What a decision is made with. `open` freezes id, time and deadline; `verify` is the first gate. */
export interface DecideParts {
  readonly open: () => Frame
  readonly policies: PolicySet
  readonly verify: (ask: Ask, frame: Frame) => Promise<Result<Caller>>
  readonly log: AuditLog
  /** Names of claims that may stand in records; absent: none. */
  readonly recordedClaims?: ReadonlySet<string>
  /** Monotonic milliseconds. */
  readonly elapsed?: () => number
}

export type Decide = (ask: Ask) => Promise<Decision>

/**
 * The hot path. Refusals are values and deny; an exception is a bug or an outage and denies too. Nothing is allowed
 * before its record is written. Never rejects.
 */
export function createDecide({
  open,
  policies,
  verify,
  log,
  recordedClaims,
  elapsed = () => performance.now(),
}: DecideParts): Decide {
  const startDeadline = createDeadlines()

  async function gates(ask: Ask, frame: Frame, time: Deadline, laps: Laps): Promise<Draft> {
    const who = await verify(ask, frame) // gate 1: who is calling
    laps.verified = elapsed()
    if (who.ok !== true) return deny(who)
    const caller = who.value
    if (ask.request?.ambiguity) {
      return deny(refuse('PATH_AMBIGUOUS', ask.request.ambiguity, 'two servers may read this path differently'), {
        caller,
      })
    }
    const policy = await policies.active(ask.service, caller) // one snapshot: key, evaluation and record agree
    if (!policy)
      return deny(refuse('POLICY_UNAVAILABLE', decisionClauses.policyActive, 'no policy is active'), { caller })
    const answers = []
    for (const question of ask.questions) {
      time.check() // evaluations need not pause, and no timer fires between two of them
      answers.push(await policy.evaluate(inputOf(ask, caller, question, frame), frame, ask.reuse)) // gate 2: what this caller may do
    }
    laps.evaluated = elapsed()
    return conclude(caller, answers, ask, policy.identity)
  }

  const record = async (ask: Ask, draft: Draft, frame: Frame, laps: Laps) =>
    log.append(
      recordOf(ask, draft, frame, {
        spent: spentOf(laps, elapsed()),
        ...(recordedClaims && { claims: recordedClaims }),
      }),
    )

  return async function decide(ask) {
    const frame = open()
    const laps: Laps = { began: elapsed() }
    const time = startDeadline(frame.deadline - frame.now)
    const draft = await time.bound(gates(ask, frame, time, laps)).catch((error: unknown) => deny(faultOf(error)))
    const written = time.bound(record(ask, draft, frame, laps)).catch(() => undefined)
    const receipt = allowsAnything(draft) ? await written : undefined // a deny does not wait for its record
    void written.then(time.end)
    return seal(draft, receipt, ask, frame)
  }
}
