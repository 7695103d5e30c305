import { Gauge } from 'prom-client'
import type { Observed } from './observed-gauges.ts'

/** What there is to tell of candidates that are tried beside active bundles. */
export function candidateGauges(observe: () => Observed): readonly Gauge[] {
  const info = new Gauge({
    name: 'sallyport_bundle_candidate_info',
    help: 'The candidates that are tried beside active bundles; always 1.',
    labelNames: ['bundle', 'revision', 'mode'],
    aggregator: 'max', // over workers
    registers: [],
    collect() {
      this.reset()
      for (const { name, candidate } of observe().bundles)
        if (candidate) this.set({ bundle: name, revision: candidate.revision, mode: candidate.mode }, 1)
    },
  })
  const asks = new Gauge({
    name: 'sallyport_bundle_candidate_asks',
    help: 'Asks of the candidate that is tried, by how it compared; skipped: left out to leave time for others.',
    labelNames: ['bundle', 'outcome'],
    registers: [],
    collect() {
      this.reset()
      for (const { name, candidate } of observe().bundles) {
        if (!candidate) continue
        const { compared, differences, errors, skipped } = candidate
        const counts = { same: compared - differences - errors, differs: differences, error: errors, skipped }
        for (const [outcome, n] of Object.entries(counts)) this.set({ bundle: name, outcome }, n)
      }
    },
  })
  return [info, asks]
}
