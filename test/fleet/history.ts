// What happened to a fleet, and what must not have happened. Times are milliseconds of one monotonic clock.

/** One ask, from when it was sent until it was answered. `allowed`: by policy, for who was verified. */
export interface AskEvent {
  readonly instance: number
  readonly began: number
  readonly ended: number
  readonly subject: string
  readonly action: 'read' | 'write' | 'timed'
  /** Of a `timed` ask: until when policy allows it. */
  readonly until?: number
  /** The proof that came with it, good for one use. */
  readonly proof?: string
  readonly code: string
}

/** From the call until it was acknowledged; `lifted` when somebody began to end it. */
export interface RevocationEvent {
  readonly subject: string
  readonly instance: number
  readonly called: number
  readonly acknowledged?: number
  lifted?: number
}

/** Something that was broken, and when it was whole again. */
export interface FaultEvent {
  readonly name: string
  readonly began: number
  ended: number
}

export interface History {
  readonly asks: readonly AskEvent[]
  readonly revocations: readonly RevocationEvent[]
  readonly faults: readonly FaultEvent[]
}

/**
 * - `healthyMs`: after an acknowledgement no instance allows what is revoked, where nothing was broken; `brokenMs`: where
 *   something was. `settleMs`: how long after its end a fault still counts.
 * - `lateMs`: how long after `until` a `timed` ask may be allowed: the `ttl` its policy states, and what clocks differ.
 */
export interface Bounds {
  readonly healthyMs: number
  readonly brokenMs: number
  readonly settleMs: number
  readonly lateMs: number
}

export interface Verdict {
  readonly violations: readonly string[]
  /** Asks about a subject between the call that revokes it and the bound. */
  readonly races: number
}

export function check({ asks, revocations, faults }: History, bounds: Bounds): Verdict {
  const violations: string[] = []
  let races = 0
  const bySubject = Map.groupBy(revocations, ({ subject }) => subject)
  const disturbed = (from: number, to: number) =>
    faults.some(({ began, ended }) => began <= to && ended + bounds.settleMs >= from)

  for (const ask of asks) {
    for (const one of bySubject.get(ask.subject) ?? []) {
      const { called, acknowledged, lifted = Number.POSITIVE_INFINITY } = one
      const end = acknowledged ?? called
      if (ask.ended >= called && ask.began <= end + bounds.healthyMs) races++
      if (ask.code !== 'ALLOWED' || acknowledged === undefined || ask.ended >= lifted) continue
      const bound = disturbed(acknowledged, ask.began) ? bounds.brokenMs : bounds.healthyMs
      if (ask.began > acknowledged + bound) {
        const late = Math.round(ask.began - acknowledged)
        violations.push(
          `revoked: ${ask.subject} was allowed by ${ask.instance}, asked ${late} ms after the acknowledgement`,
        )
      }
    }
    const wrong = wrongAnswer(ask, bounds)
    if (wrong !== undefined) violations.push(`answer: ${wrong}`)
  }
  const proofs = new Map<string, number>()
  for (const { proof, code } of asks) {
    if (proof === undefined || code !== 'ALLOWED') continue
    proofs.set(proof, (proofs.get(proof) ?? 0) + 1)
  }
  for (const [, times] of proofs) if (times > 1) violations.push(`proof: one was accepted ${times} times`)
  return { violations, races }
}

/** What evaluation would have answered is known: reading is allowed, writing is not, the rest until a time. */
function wrongAnswer({ action, code, began, until = 0 }: AskEvent, { lateMs }: Bounds): string | undefined {
  if (action === 'read' && code === 'POLICY_DENIED') return 'reading was denied'
  if (action === 'write' && code === 'ALLOWED') return 'writing was allowed'
  if (action === 'timed' && code === 'ALLOWED' && began > until + lateMs) {
    return `allowed ${Math.round(began - until)} ms after its end`
  }
  return undefined
}
