import type { Decision } from './decision.ts'
import { failed } from './failure.ts'
import type { Ask, Question } from './wire.ts'

/** How an ask is to be asked. */
export interface Asked {
  readonly service: string
  readonly fresh: boolean
  readonly signal: AbortSignal | undefined
}

/** Asks once. `body`: the ask as JSON. */
export type AskOnce = (ask: Ask, how: Asked, body: string) => Promise<Decision>

interface Member {
  readonly question: Question
  readonly alone: Parameters<AskOnce>
  readonly resolve: (decision: Decision | Promise<Decision>) => void
}

/** Of one request; a decision point takes no more. */
const maximumChecks = 100

/**
 * Makes what gathers asks of one tick, about an action and a resource each, that have all else in common, evidence included,
 * and asks them together. One alone goes out as it is. Whatever becomes of the whole is a deny of each that is not allowed by
 * its own result.
 */
export function createBatching(askOnce: AskOnce): AskOnce {
  const open = new Map<string, Member[]>()

  function flush(key: string, members: readonly Member[]): void {
    open.delete(key)
    for (let at = 0; at < members.length; at += maximumChecks) ask(members.slice(at, at + maximumChecks))
  }

  function ask(members: readonly Member[]): void {
    const [first, second] = members
    if (!first) return
    if (!second) return first.resolve(askOnce(...first.alone))
    const [{ action: _, resource: __, ...common }, how] = first.alone
    const whole = { ...common, checks: members.map(({ question }) => question) }
    askOnce(whole, how, JSON.stringify(whole)).then(
      (decision) => members.forEach(({ resolve }, i) => resolve(partOf(decision, i))),
      () => members.forEach(({ resolve }) => resolve(failed('UNREACHABLE', {}))),
    )
  }

  return (ask, how, body) => {
    const { action, resource, checks, ...common } = ask
    if (!action || !resource || checks || how.signal) return askOnce(ask, how, body)
    const key = JSON.stringify([how.service, how.fresh, common])
    return new Promise((resolve) => {
      const member: Member = { question: { action, resource }, alone: [ask, how, body], resolve }
      const members = open.get(key)
      if (members) members.push(member)
      else {
        const begun = [member]
        open.set(key, begun)
        queueMicrotask(() => flush(key, begun))
      }
    })
  }
}

/**
 * What the decision on the whole says of one question. It is allowed by its own result alone. Where the whole is denied, no
 * allow in it may be reused, and `respond` of the whole is for those that are denied.
 */
function partOf({ results, ...whole }: Decision, i: number): Decision {
  const result = results?.[i]
  if (whole.failure || !result) return whole.failure ? whole : failed('REPLY_MALFORMED', {})
  const allAllowed = whole.decision === 'allow'
  // where nothing was asked of policy, the whole has the reason
  const reasons = result.code === whole.code && result.reasons.length === 0 ? whole.reasons : result.reasons
  const respond = result.decision === 'allow' && !allAllowed ? { status: 200, headers: {} } : whole.respond
  return { ...whole, ...result, reasons, reuse_max_age_s: allAllowed ? whole.reuse_max_age_s : 0, respond }
}
