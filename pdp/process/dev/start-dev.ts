import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { sourceKeyOf } from '../../compose/trust.ts'
import type { Config } from '../../config/schema.ts'
import { sha256 } from '../../core/digest.ts'
import { heldReference } from '../demo/demo-config.ts'
import { createHeldSource } from '../demo/held-source.ts'
import { logForPeople } from '../process-log.ts'
import { type RunningInstance, type StartOptions, startPdp } from '../start.ts'
import { StartRefused } from '../start-refusals.ts'
import { systemSurroundings } from '../system.ts'
import { assumedConfig, type DevBundle, devConfig } from './dev-config.ts'
import { devServices, type DevSession } from './dev-file.ts'
import { createDevWorld } from './dev-world.ts'

/** - `base`: what is configured; absent: what is assumed. `environment`: of services, where nothing is configured. */
export interface StartDevParts extends Pick<StartOptions, 'recordKept'> {
  readonly say: (line: string) => void
  readonly base?: Config
  readonly environment: string
  readonly decisions: string
  readonly bundles: readonly DevBundle[]
}

/** A decision point in development, and what its callers need. */
export interface RunningDev {
  readonly running: RunningInstance
  readonly session: DevSession
  close(): Promise<void>
}

/** Starts a decision point in development. Rejects, with the reason for the user, where it cannot be. */
export async function startDev({
  base,
  environment,
  decisions,
  bundles,
  say,
  recordKept,
}: StartDevParts): Promise<RunningDev> {
  const { clock } = systemSurroundings()
  const state = await mkdtemp(join(tmpdir(), 'sallyport-dev-'))
  try {
    const configured = base ?? checked(assumedConfig(bundles, environment))
    const config = checked(devConfig(configured, { decisions, state, bundles }))
    const world = createDevWorld(config)
    const sources = config.trust.flatMap((anchor) => {
      const name = 'spiffe' in anchor ? anchor.spiffe : 'issuer' in anchor ? anchor.issuer : anchor.name
      const issuer = world.issuers.find((each) => each.name === name)
      return issuer ? [[sourceKeyOf(anchor), createHeldSource(issuer, clock)] as const] : []
    })
    const peps = Object.entries(world.peps).map(([name, key]) => [heldReference({ name }), [sha256(key)]] as const)
    const running = await startPdp(config, {
      demo: true,
      environment: {},
      log: logForPeople(say),
      held: { sources: new Map(sources), digests: new Map(peps) },
      ...(recordKept && { recordKept }),
    })
    // single uses of this second could have been claimed before the start, and are refused
    await wait(1_000 - (clock() % 1_000))
    const session = { decisions: running.urls.decisions, services: devServices(config), world }
    return {
      running,
      session,
      async close() {
        const closing = running.close()
        running.hurry()
        await closing
        await rm(state, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await rm(state, { recursive: true, force: true })
    throw error
  }
}

function checked(result: ReturnType<typeof devConfig>): Config {
  if (result.ok) return result.value
  throw new StartRefused(result.problems)
}
