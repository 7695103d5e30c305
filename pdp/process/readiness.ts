import type { PdpStatus } from '../compose/pdp-status.ts'
import { toRfc3339 } from '../core/time.ts'

/** One thing that must be so before asks are sent here. */
export interface ReadinessCheck {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

export interface Readiness {
  readonly ready: boolean
  readonly demo: boolean
  readonly checks: readonly ReadinessCheck[]
}

/** Never a reason to send asks elsewhere: every instance would lose it at once, and each decides without it. */
function redisCheck({ connected, breaker, lastFault }: NonNullable<PdpStatus['redis']>): ReadinessCheck {
  const detail = connected ? (breaker === 'closed' ? 'connected' : 'connected, and does not answer') : 'not connected'
  return { name: 'redis', ok: true, detail: lastFault === undefined ? detail : `${detail}: ${lastFault}` }
}

/** Whether asks may be sent to this process, and why not. Details name settings and ages, nothing secret. */
export function readinessOf(status: PdpStatus, { draining, demo }: { draining: boolean; demo: boolean }): Readiness {
  const checks: ReadinessCheck[] = [
    { name: 'process', ok: !draining, detail: draining ? 'draining' : 'running' },
    ...status.bundles.map(bundleCheck),
    ...status.trust.map(({ name, keys, stale, ageSeconds, lastError, mayBeEmpty }) => ({
      name: `trust ${name}`,
      ok: (keys > 0 || (mayBeEmpty === true && ageSeconds !== undefined)) && !stale,
      detail: [
        ageSeconds === undefined ? 'no keys yet' : `${keys} keys, ${Math.round(ageSeconds)} s old`,
        ...(lastError === undefined ? [] : [lastError]),
      ].join('; '),
    })),
    revocationCheck(status.revocation),
    ...(status.redis ? [redisCheck(status.redis)] : []),
    { name: 'audit', ok: status.audit.writable, detail: status.audit.writable ? 'writable' : 'cannot be written' },
  ]
  return { ready: checks.every(({ ok }) => ok), demo, checks }
}

function bundleCheck(bundle: PdpStatus['bundles'][number]) {
  const { name, revision, signed, sequence, expires, expired, fault, candidate } = bundle
  const until = expires !== undefined && `${expired ? 'expired' : 'expires'} ${toRfc3339(expires)}`
  return {
    name: `bundle ${name}`,
    ok: !expired,
    detail: [
      `revision ${revision}${signed ? '' : ', of a signer that is not checked'}`,
      ...(sequence === undefined ? [] : [`sequence ${sequence}`]),
      ...(until === false ? [] : [until]),
      ...(candidate ? [candidateText(candidate)] : []),
      ...(fault ? [`stays, for what is offered is refused: ${fault.reason}`] : []),
    ].join('; '),
  }
}

function candidateText(candidate: NonNullable<PdpStatus['bundles'][number]['candidate']>): string {
  const { mode, revision, compared, differences, errors } = candidate
  return `${mode} of revision ${revision}: of ${compared} asks ${differences} answered otherwise, ${errors} failed`
}

function revocationCheck({ loaded, confirmed, stale, changes, stored, damaged, lastError }: PdpStatus['revocation']) {
  const [aside] = damaged
  return {
    name: 'revocation',
    ok: loaded && (confirmed || stale === 'allow'),
    detail: [
      loaded ? `${changes} changes` : 'not read whole yet',
      ...(loaded && !confirmed ? [`degraded: may lack a revocation, follows \`stale: ${stale}\``] : []),
      ...(stored ? [] : ['not all of it is on the disk']),
      ...(aside === undefined ? [] : [`damaged: look at ${aside}, remove it, start again`]),
      ...(lastError === undefined || confirmed ? [] : [lastError]),
    ].join('; '),
  }
}
