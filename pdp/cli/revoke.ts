import { toRfc3339 } from '../core/time.ts'
import { instant } from '../core/time.ts'
import { type AdminFlags, callAdmin } from './admin-client.ts'
import { exitCodes } from './exit-codes.ts'
import { readTargetFlags, type TargetFlags } from './read-target-flags.ts'
import type { Terminal } from './terminal.ts'

/** `until` and `for` exclude each other. */
export interface RevokeFlags extends AdminFlags, TargetFlags {
  readonly reason: string
  readonly until?: string
  readonly for?: string
  readonly notBefore?: string
  readonly json?: boolean
}

/** `revoke`: refuses what the flags name from now on. */
export async function revokeCommand(flags: RevokeFlags, terminal: Terminal): Promise<number> {
  const { reason, notBefore } = flags
  const target = readTargetFlags(flags)
  const until = readEnd(flags)
  const since = notBefore === undefined ? undefined : readTime(notBefore)
  if (typeof target === 'string') return misused(target, terminal)
  if (until === wrong)
    return misused(
      '--until is a time such as 2026-03-02T12:00:00Z, --for a length such as 24h; only one of them',
      terminal,
    )
  if (since === wrong) return misused('--not-before is a time such as 2026-03-02T12:00:00Z', terminal)
  const body = {
    target,
    reason,
    ...(until !== undefined && { until }),
    ...(since !== undefined && { not_before: since }),
  }
  return tell(flags, { path: '/v1/revocations', body, done: 'revoked' }, terminal)
}

/** `unrevoke`: ends what is revoked by the very target that the flags name. */
export async function liftCommand(flags: RevokeFlags, terminal: Terminal): Promise<number> {
  const target = readTargetFlags(flags)
  if (typeof target === 'string') return misused(target, terminal)
  return tell(flags, { path: '/v1/revocations/lift', body: { target, reason: flags.reason }, done: 'lifted' }, terminal)
}

function misused(why: string, { say }: Terminal): number {
  say(why)
  return exitCodes.usage
}

const wrong = Symbol('wrong')

function readTime(text: string): string | typeof wrong {
  const at = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9]{2}:[0-9]{2})$/.test(text)
    ? Date.parse(text)
    : Number.NaN
  return Number.isNaN(at) ? wrong : toRfc3339(instant(at))
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

function readEnd({ until, for: length }: RevokeFlags): string | undefined | typeof wrong {
  if (until !== undefined) return length === undefined ? readTime(until) : wrong
  if (length === undefined) return undefined
  const [, count, unit = ''] = /^([1-9][0-9]{0,6})([smhd])$/.exec(length) ?? []
  return count === undefined ? wrong : toRfc3339(instant(Date.now() + Number(count) * (unitSeconds[unit] ?? 0) * 1_000))
}

interface Act {
  readonly path: string
  readonly body: unknown
  readonly done: string
}

async function tell(flags: RevokeFlags, { path, body, done }: Act, terminal: Terminal): Promise<number> {
  const { out, say } = terminal
  const answer = await callAdmin(flags, { path, body }, terminal)
  if (!answer) return exitCodes.unreachable
  if (flags.json) out(`${JSON.stringify(answer.body)}\n`)
  const told = answer.body as {
    detail?: string
    change?: { id: string }
    reach?: string
    stored?: boolean
    recorded?: boolean
  }
  if (answer.status !== 200 && answer.status !== 202) {
    say(`refused: ${told.detail ?? `status ${answer.status}`}`)
    return exitCodes.invalid
  }
  if (!flags.json) out(`${done}: ${told.change?.id ?? ''}\n`)
  if (told.reach !== 'fleet') say('in force on this instance alone: the others follow when Redis answers; ask them too')
  if (told.stored !== true) say('not on the disk of this instance: a restart would forget it')
  if (told.recorded !== true) say('not in the audit log, which cannot be written')
  return answer.status === 200 ? exitCodes.ok : exitCodes.failed
}
