import type { X509Certificate } from 'node:crypto'
import { type Instant, instant, toRfc3339 } from '../../../core/time.ts'
import type { Finding } from './finding.ts'

/** How much of its life must be left: whatever renews certificates has begun by then. */
const leftShare = 0.2

/** Whether a certificate is valid now, and still will be for a while. */
export function judgeValidity(
  what: Pick<Finding, 'id' | 'about'>,
  { validFromDate, validToDate }: X509Certificate,
  now: Instant,
): Finding {
  const [begins, ends] = [instant(validFromDate.getTime()), instant(validToDate.getTime())]
  const detail = `until ${toRfc3339(ends)}`
  if (ends <= now)
    return {
      ...what,
      verdict: 'fail',
      detail: `ended ${toRfc3339(ends)}`,
      todo: 'renew it: nobody accepts it any more',
    }
  if (begins > now) {
    const todo = 'look at the clock, or put one there that has begun'
    return { ...what, verdict: 'fail', detail: `begins ${toRfc3339(begins)} only`, todo }
  }
  return ends - now < leftShare * (ends - begins)
    ? { ...what, verdict: 'warn', detail, todo: 'renew it soon, and find out why nothing did' }
    : { ...what, verdict: 'ok', detail }
}
