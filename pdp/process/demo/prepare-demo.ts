import type { HeldKeys } from '../../compose/held-keys.ts'
import type { ConfigProblem } from '../../config/config-problem.ts'
import type { Config } from '../../config/schema.ts'
import type { Clock } from '../../core/time.ts'
import { demoConfig } from './demo-config.ts'
import { demoKeys } from './demo-keys.ts'
import { createDemoWorld, type DemoWorld } from './world.ts'

/** All that a demonstration is started with. */
export interface Demo {
  readonly world: DemoWorld
  readonly config: Config
  readonly held: HeldKeys
}

export type PreparedDemo =
  | ({ readonly ok: true } & Demo)
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }

/** Makes the parties of a demonstration and its configuration, over which flags are laid. */
export function prepareDemo(flags: readonly string[], clock: Clock): PreparedDemo {
  const world = createDemoWorld()
  const config = demoConfig(world, flags)
  if (!config.ok) return config
  return { ok: true, world, config: config.value, held: demoKeys(world, config.value, clock) }
}
