import type { AdminFile } from '../../admin/create-server.ts'
import type { CandidateDesk } from '../../admin/candidates.ts'
import type { RevocationDesk } from '../../admin/revocations.ts'
import { aggregateMetrics } from '../../telemetry/aggregate-metrics.ts'
import type { MetricsForm } from '../../telemetry/metrics-form.ts'
import type { Readiness, ReadinessCheck } from '../readiness.ts'
import type { Supervisor } from './supervise.ts'
import type { WorkerHandle } from './worker-handle.ts'

/** What is told of the workers as of one process, and done by one of them for all. */
export interface Gathered {
  /** Ready when all of them are. */
  readiness(): Promise<Readiness>
  metrics(form: MetricsForm): Promise<string>
  status(): Promise<readonly unknown[]>
  /** What one of them does to revocations reaches the others as it reaches all of the fleet. */
  readonly desk: RevocationDesk
  /** Each worker has the candidate for itself, and settles it. */
  readonly candidates: CandidateDesk
  /** What the log of a worker serves at a path; `worker-N/` stands before it. */
  readLog(path: string): Promise<AdminFile | undefined>
}

export function gather(supervisor: Supervisor): Gathered {
  /** Asks each worker; what one that is not there, or does not answer, comes to. */
  const each = <T>(ask: (worker: WorkerHandle) => Promise<T>, missing: (number: number) => T): Promise<readonly T[]> =>
    Promise.all(
      supervisor.workers().map((worker, i) => (worker ? ask(worker).catch(() => missing(i + 1)) : missing(i + 1))),
    )
  const any = (): WorkerHandle => {
    const found = supervisor.workers().find((worker) => worker !== undefined)
    if (!found) throw new Error('no worker is there')
    return found
  }
  return {
    async readiness() {
      const gone = (number: number): Readiness => ({ ready: false, demo: false, checks: [absent(number)] })
      const all = await each((worker) => worker.call('readiness'), gone)
      const checks = all.flatMap((one, i) => one.checks.map((check) => ({ ...check, name: nameOf(check, i + 1) })))
      return { ready: all.every(({ ready }) => ready), demo: false, checks }
    },
    async metrics(form) {
      const all = await each(
        (worker) => worker.call('metrics'),
        () => [],
      )
      const serving = supervisor.workers().filter((worker) => worker !== undefined).length
      return aggregateMetrics(all, { serving, restarts: supervisor.restarts() }, form)
    },
    status: () =>
      each<unknown>(
        async (worker) => ({ pid: worker.pid, ...(await worker.call('status')) }),
        () => ({ serving: false }),
      ),
    desk: {
      revoke: (body, by) => any().call('revoke', body, by),
      lift: (body, by) => any().call('lift', body, by),
      list: (after, maximum) => any().call('listRevocations', after, maximum),
    },
    candidates: {
      async settle(...args) {
        const serving = supervisor.workers().filter((worker) => worker !== undefined)
        const outcomes = await Promise.all(serving.map((worker) => worker.call('settleCandidate', ...args)))
        const [outcome] = outcomes.toSorted((a, b) => Number(b.ok) - Number(a.ok)) // one may have settled it by itself
        if (!outcome) throw new Error('no worker is there')
        return outcome
      },
    },
    async readLog(path) {
      const [, number = '', rest = ''] = /^worker-([1-9][0-9]{0,2})\/(.*)$/.exec(path) ?? []
      return supervisor.workers()[Number(number) - 1]?.call('readLog', rest)
    },
  }
}

const absent = (number: number): ReadinessCheck => ({
  name: 'process',
  ok: false,
  detail: `worker ${number} is not there`,
})
const nameOf = ({ name }: ReadinessCheck, number: number): string => `worker ${number}: ${name}`
