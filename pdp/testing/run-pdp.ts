import type { HeldKeys } from '../compose/held-keys.ts'
import { createPdp, type PdpSnapshot } from '../compose/pdp.ts'
import type { Config } from '../config/schema.ts'
import type { ProblemCode } from '../core/codes.ts'
import { startPdp } from '../process/start.ts'
import { systemSurroundings } from '../process/system.ts'

/** A decision point that runs. `url`: where it listens, if it does. */
export interface RunningTestPdp {
  readonly current: () => PdpSnapshot
  readonly url: string | undefined
  readonly requestRefused: (code: ProblemCode) => void
  close(): Promise<void>
}

/** Runs a decision point with keys in memory: over loopback as well, or without any listener. */
export const runPdp = (config: Config, held: HeldKeys, listens: boolean): Promise<RunningTestPdp> =>
  (listens ? listening : silent)(config, held)

async function silent(config: Config, held: HeldKeys): Promise<RunningTestPdp> {
  const pdp = await createPdp(config, systemSurroundings(), held)
  return { current: pdp.current, url: undefined, requestRefused: pdp.requestRefused, close: pdp.close }
}

async function listening(config: Config, held: HeldKeys): Promise<RunningTestPdp> {
  const running = await startPdp(config, { demo: true, environment: {}, log: { tell: () => undefined }, held })
  const { pdp, urls } = running
  return {
    current: pdp.current,
    url: urls.decisions,
    requestRefused: pdp.requestRefused,
    async close() {
      const closing = running.close()
      running.hurry()
      await closing
    },
  }
}
