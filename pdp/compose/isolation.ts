import type { Config } from '../config/schema.ts'
import { createIsolatePool, type IsolatePool } from '../policy/isolated/isolate-pool.ts'
import type { LoadedBundle } from '../policy/load-bundle.ts'

/** The threads of one configuration that evaluate policies. */
export interface Isolation {
  /** Absent for a bundle that is evaluated inline. */
  readonly pools: ReadonlyMap<string, IsolatePool>
  /** Starts threads for another bundle of that name; undefined where it is evaluated inline. Throws like the start. */
  start(name: string, bundle: LoadedBundle): Promise<IsolatePool | undefined>
  /** Puts them in the place of those before, which end after so many milliseconds. */
  replace(name: string, pool: IsolatePool, afterMs: number): void
  /** Ends all threads, once they have answered what they were asked. */
  close(): Promise<void>
  /** The same after so many milliseconds, when no decision that took these policies is under way. */
  retire(afterMs: number): void
}

/**
 * Starts threads for each bundle of a service that is evaluated isolated, and for the rules about records, and waits until each bundle can be evaluated.
 * Throws, for the operator, if one cannot.
 */
export async function startIsolation(
  config: Config,
  loaded: ReadonlyMap<string, LoadedBundle>,
  onReplaced: (reason: string) => void,
): Promise<Isolation> {
  const isolated = new Set([
    ...Object.entries(config.services).flatMap(([name, service]) =>
      isIsolated(service, config) ? [service.policy ?? name] : [],
    ),
    ...(config.audit.mask ? [config.audit.mask.bundle] : []), // rules about records must not hold up decisions either
  ])
  const options = { deadlineMs: config.limits.evaluation_ms, onReplaced }
  const pools = new Map(
    [...loaded].flatMap(([name, { source }]): [string, IsolatePool][] =>
      isolated.has(name) ? [[name, createIsolatePool(source, options)]] : [],
    ),
  )
  const isolation: Isolation = {
    pools,
    async start(name, { source }) {
      if (!isolated.has(name)) return undefined
      const pool = createIsolatePool(source, options)
      if (await pool.ready()) return pool
      await pool.close()
      throw new Error(neverStarts(name))
    },
    replace(name, pool, afterMs) {
      pools.get(name)?.retire(afterMs)
      pools.set(name, pool)
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.close()))
    },
    retire(afterMs) {
      for (const pool of pools.values()) pool.retire(afterMs)
    },
  }
  for (const [name, pool] of pools) {
    if (await pool.ready()) continue
    await isolation.close()
    throw new Error(neverStarts(name))
  }
  return isolation
}

const neverStarts = (name: string) =>
  `bundle \`${name}\`: no thread that would evaluate it starts; it may need more memory than there is`

/** Absent `evaluate`: isolated where a stalled reply could let a request pass. */
function isIsolated({ evaluate, peps }: Config['services'][string], config: Config): boolean {
  if (evaluate !== undefined) return evaluate === 'isolated'
  const doors = (['ext_authz', 'http_authz'] as const).filter((name) => config.listen[name] !== undefined)
  return peps.some((name) => {
    const pep = config.peps[name]
    return pep?.failure_mode_allow !== false && doors.some((name) => pep?.socket === undefined || pep.socket === name)
  })
}
