import { AggregatorRegistry, Counter, Gauge, Registry } from 'prom-client'
import type { MetricsSnapshot } from './metrics.ts'
import type { MetricsForm } from './metrics-form.ts'
import { withExemplars, writeOpenMetrics } from './open-metrics.ts'

/** Of several workers: how many serve, and how often one was started again. */
export interface WorkersObserved {
  readonly serving: number
  readonly restarts: number
}

/** The metrics of several workers as those of one process: each added up as it says. */
export async function aggregateMetrics(
  workers: readonly MetricsSnapshot[],
  { serving, restarts }: WorkersObserved,
  form: MetricsForm = 'text',
): Promise<string> {
  const own = new Registry()
  new Gauge({ name: 'sallyport_workers', help: 'Workers that serve.', registers: [own] }).set(serving)
  new Counter({
    name: 'sallyport_worker_restarts_total',
    help: 'Workers that ended and were started again.',
    registers: [own],
  }).inc(restarts)
  const all = AggregatorRegistry.aggregate(workers.map((one) => [...one]))
  if (form === 'openmetrics') {
    const sums = withExemplars(await all.getMetricsAsJSON(), workers)
    return writeOpenMetrics([...sums, ...(await own.getMetricsAsJSON())])
  }
  return `${await all.metrics()}\n${await own.metrics()}`
}
