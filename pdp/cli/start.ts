import type { Config } from '../config/schema.ts'
import { faultFields, type Log } from '../telemetry/log.ts'
import { awaitEnd, type Signals } from '../process/await-end.ts'
import { openProcessLog } from '../process/process-log.ts'
import { type RunningPdp, startPdp } from '../process/start.ts'
import { startWorkers } from '../process/workers/start-workers.ts'
import { StartRefused } from '../process/start-refusals.ts'
import { type ConfigFlags, loadFlags, sayProblems } from './config-flags.ts'
import { exitCodes } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

/** `start`: serves until told to stop. Ends with 0 if everything on its way was answered. */
export async function startCommand(flags: ConfigFlags, terminal: Terminal, signals: Signals): Promise<number> {
  const { environment } = terminal
  const loaded = await loadFlags(flags, terminal)
  if (!loaded.ok) {
    sayProblems(loaded.problems, terminal)
    return exitCodes.invalid
  }
  const log = await openProcessLog(loaded.config, terminal)
  let running: RunningPdp
  try {
    const start = loaded.config.workers > 1 ? startWorkers : startPdp
    running = await start(loaded.config, { demo: false, environment, log })
  } catch (error) {
    log.tell('process.refused', reasonOf(error), error instanceof StartRefused ? {} : faultFields(error))
    return exitCodes.invalid
  }
  await tellStarted(running, log)
  const next = async (): Promise<Config> => {
    const again = await loadFlags(flags, terminal)
    if (!again.ok) throw new StartRefused(again.problems)
    return again.config
  }
  return (await awaitEnd({ running, signals, next, log })) ? exitCodes.ok : exitCodes.failed
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : 'cannot be started: an unknown fault'

/** Tells where it answers and, if asks should wait, for what. */
async function tellStarted({ urls, readiness }: RunningPdp, log: Log): Promise<void> {
  const proxies = (['ext_authz', 'http_authz'] as const).map((name) => (urls[name] ? ` · ${name} ${urls[name]}` : ''))
  log.tell(
    'process.listening',
    `listening: decisions ${urls.decisions} · health ${urls.health} · administration ${urls.admin}${proxies.join('')}`,
  )
  for (const { name, ok, detail } of (await readiness()).checks)
    if (!ok) log.tell('process.not-ready', `not ready: ${name}: ${detail}`)
}
