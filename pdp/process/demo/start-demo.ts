import { rmdir } from 'node:fs/promises'
import { logForPeople } from '../process-log.ts'
import { type RunningPdp, type StartOptions, startPdp } from '../start.ts'
import type { Demo } from './prepare-demo.ts'

/** Starts a demonstration. Rejects, with the reason for the operator, where one must not run. Leaves no file behind. */
export async function startDemo(
  { config, held }: Demo,
  { say, ...options }: Pick<StartOptions, 'environment' | 'recordKept'> & { readonly say: (line: string) => void },
): Promise<RunningPdp> {
  const running = await startPdp(config, { ...options, log: logForPeople(say), demo: true, held })
  const close = async () => {
    const clean = await running.close()
    await rmdir(config.state).catch(() => undefined) // held the socket of administration; anything else in it stays
    return clean
  }
  let closed: Promise<boolean> | undefined
  return { ...running, close: () => (closed ??= close()) }
}
