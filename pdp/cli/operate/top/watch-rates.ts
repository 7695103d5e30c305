import { setTimeout as delay } from 'node:timers/promises'
import { askHealth } from '../ask-health.ts'
import { type Metrics, readMetrics } from './read-metrics.ts'
import { type Rates, reckon } from './reckon.ts'

/** What one look came to: the first one, what happened since the one before, or why nothing is known. */
export type Look =
  | { readonly kind: 'first' }
  | { readonly kind: 'rates'; readonly rates: Rates; readonly seconds: number }
  | { readonly kind: 'fault'; readonly why: string }

const timeoutMs = 5_000

/** Looks again and again until the signal says to stop, even while an answer is waited for. */
export async function* watchRates(where: string, everyMs: number, signal: AbortSignal): AsyncGenerator<Look> {
  const stopped = new Promise<'stopped'>((resolve) => {
    signal.addEventListener('abort', () => resolve('stopped'), { once: true })
  })
  let before: Reading | undefined
  while (!signal.aborted) {
    const after = await Promise.race([read(where), stopped])
    if (after === 'stopped') return
    if ('why' in after) yield { kind: 'fault', why: after.why }
    else if (!before) yield { kind: 'first' }
    else {
      const seconds = (after.at - before.at) / 1_000
      const rates = reckon({ before: before.metrics, after: after.metrics, seconds }, Date.now() / 1_000)
      yield { kind: 'rates', rates, seconds }
    }
    before = 'why' in after ? undefined : after
    await delay(everyMs, undefined, { signal }).catch(() => undefined)
  }
}

interface Reading {
  readonly metrics: Metrics
  readonly at: number
}

async function read(where: string): Promise<Reading | { readonly why: string }> {
  try {
    const { status, body } = await askHealth(where, '/metrics', timeoutMs)
    const metrics = readMetrics(body)
    return status === 200 && metrics.has('sallyport_ready')
      ? { metrics, at: performance.now() }
      : { why: `answered with status ${status}, and not with metrics of a decision point` }
  } catch (error) {
    return { why: error instanceof Error ? error.message : 'cannot be reached' }
  }
}
