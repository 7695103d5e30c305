import { ok, type Refusal, type Result } from '../core/result.ts'
import { type Instant, instant, type Seconds } from '../core/time.ts'
import type { AnchorSource } from '../seams.ts'
import { checkFresh } from './check-fresh.ts'
import type { TrustStatus } from './status.ts'

/** The certificate authorities of one anchor at one moment, as DER. Never changed: a source swaps it whole. */
export interface Authorities {
  readonly list: readonly Uint8Array[]
  readonly asOf: Instant
}

/** The one place of a source where its authorities stand. */
export interface AuthorityHolder extends AnchorSource {
  status(): TrustStatus
  /** Takes the outcome of an attempt: authorities replace the last whole, a refusal leaves them and is remembered. */
  settle(outcome: Result<Authorities>): void
  /** The authorities are known to be right still, unless the last attempt was refused. */
  confirm(asOf: Instant): void
  /** Forgets the authorities: whoever spoke for them says that they are none of ours any more. */
  withdraw(reason: Refusal): void
}

/** Makes an empty holder for the source called `name`, whose authorities serve for `maxStale` after they were known right. */
export function holdAuthorities(name: string, maxStale: Seconds): AuthorityHolder {
  let current: Authorities | undefined
  let fault: Refusal | undefined
  return {
    asOf: () => current?.asOf ?? instant(0),
    status: () => ({
      name,
      keys: current?.list.length ?? 0,
      ignored: [],
      ...(current && { asOf: current.asOf }),
      ...(fault && { lastError: fault.detail }),
    }),
    async anchors({ now }) {
      const fresh = checkFresh(current, now, maxStale)
      return fresh.ok ? ok(fresh.value.list) : fresh
    },
    settle(outcome) {
      if (outcome.ok === true) {
        current = outcome.value
        fault = undefined
      } else fault = outcome
    },
    confirm(asOf) {
      if (current && !fault) current = { ...current, asOf }
    },
    withdraw(reason) {
      current = undefined
      fault = reason
    },
  }
}
