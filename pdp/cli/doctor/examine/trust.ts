import { X509Certificate } from 'node:crypto'
import { type Anchor, createSource, type StartedSource } from '../../../compose/trust.ts'
import type { DecisionId } from '../../../core/frame.ts'
import type { Instant } from '../../../core/time.ts'
import type { Examined, Finding } from './finding.ts'
import { judgeValidity } from './judge-validity.ts'

/** Every source of keys, read once as the process reads it: by the guarded client, with its authorities and limits. */
export async function examineTrust({ config, clock, random, signal }: Examined): Promise<readonly Finding[]> {
  const found = await Promise.all(
    config.trust.map(async (anchor): Promise<readonly Finding[]> => {
      const source = createSource(anchor, { clock, random })
      const about = nameOf(anchor)
      try {
        await Promise.race([source.start(), ended(signal)])
        return [judgeSource(about, source, signal.aborted), ...(await judgeAnchors(about, source, clock()))]
      } finally {
        source.close()
      }
    }),
  )
  return found.flat()
}

function nameOf(anchor: Anchor): string {
  if ('spiffe' in anchor) return anchor.spiffe
  return 'issuer' in anchor ? anchor.issuer : anchor.name
}

function judgeSource(about: string, source: StartedSource, late: boolean): Finding {
  const { keys, ignored, lastError } = source.status()
  if (keys === 0 || lastError !== undefined) {
    const detail = lastError ?? (late ? 'no answer in time' : 'it has no keys')
    const todo = 'callers of it are denied: look at the address, its certificate, and allow_private'
    return { id: 'trust', about, verdict: 'fail', detail, todo }
  }
  if (ignored.length === 0) return { id: 'trust', about, verdict: 'ok', detail: `keys: ${keys}` }
  const detail = `keys: ${keys}; left out: ${ignored.join(', ')}`
  return {
    id: 'trust',
    about,
    verdict: 'warn',
    detail,
    todo: 'what is signed by those is refused: tell whose they are',
  }
}

/** Until when the authorities of certificates are good: the one that ends last, for others are on their way out. */
async function judgeAnchors(about: string, source: StartedSource, now: Instant): Promise<readonly Finding[]> {
  const frame = { id: 'doctor' as DecisionId, now, deadline: now } // of no decision: only its time is looked at
  const found = await source.anchors?.(frame)
  if (found?.ok !== true) return [] // why there are none, its status tells
  const [last] = found.value
    .map((der) => new X509Certificate(der))
    .toSorted((a, b) => Number(b.validToDate) - Number(a.validToDate))
  return last ? [judgeValidity({ id: 'trust-anchors', about }, last, now)] : []
}

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
