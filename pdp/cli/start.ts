import type { Config } from '../config/schema.ts'
import { awaitEnd, type Signals } from '../process/await-end.ts'
import { type RunningPdp, startPdp } from '../process/start.ts'
import { startWorkers } from '../process/workers/start-workers.ts'
import { StartRefused } from '../process/start-refusals.ts'
import { type ConfigFlags, loadFlags, sayProblems } from './config-flags.ts'
import { exitCodes } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

/** `start`: serves until told to stop. Ends with 0 if everything on its way was answered. */
export async function startCommand(flags: ConfigFlags, terminal: Terminal, signals: Signals): Promise<number> {
  const { say, environment } = terminal
  const loaded = await loadFlags(flags, terminal)
  if (!loaded.ok) {
    sayProblems(loaded.problems, terminal)
    return exitCodes.invalid
  }
  let running: RunningPdp
  try {
    const start = loaded.config.workers > 1 ? startWorkers : startPdp
    running = await start(loaded.config, { demo: false, environment, say })
  } catch (error) {
    say(error instanceof Error ? error.message : 'cannot be started: an unknown fault')
    return exitCodes.invalid
  }
  await sayStarted(running, say)
  const next = async (): Promise<Config> => {
    const again = await loadFlags(flags, terminal)
    if (!again.ok) throw new StartRefused(again.problems)
    return again.config
  }
  return (await awaitEnd({ running, signals, next, say })) ? exitCodes.ok : exitCodes.failed
}

/** Tells where it answers and, if asks should wait, for what. */
async function sayStarted({ urls, readiness }: RunningPdp, say: (line: string) => void): Promise<void> {
  const proxies = (['ext_authz', 'http_authz'] as const).map((name) => (urls[name] ? ` · ${name} ${urls[name]}` : ''))
  say(
    `listening: decisions ${urls.decisions} · health ${urls.health} · administration ${urls.admin}${proxies.join('')}`,
  )
  for (const { name, ok, detail } of (await readiness()).checks) if (!ok) say(`not ready: ${name}: ${detail}`)
}
