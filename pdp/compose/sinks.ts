import { join } from 'node:path'
import { type ShipThread, startShipThread } from '../audit/sinks/ship-thread.ts'
import type { SinkSettings } from '../audit/sinks/sink-settings.ts'
import type { Config } from '../config/schema.ts'
import type { Clock } from '../core/time.ts'

const seedBytes = 16

/** Starts shipping to the sinks that a configuration names; undefined where it names none. */
export function openSinks(
  { audit, state }: Config,
  surroundings: {
    readonly clock: Clock
    readonly randomBytes: (length: number) => Uint8Array
    readonly say: (line: string) => void
  },
): ShipThread | undefined {
  const sinks = Object.entries(audit.sinks).map(([name, settings]) => [name, withPaths(settings)] as const)
  if (sinks.length === 0) return undefined
  const { clock, randomBytes, say } = surroundings
  return startShipThread({
    folder: audit.directory ?? join(state, 'audit'),
    cursors: join(state, 'sinks'),
    sinks,
    seed: Buffer.from(randomBytes(seedBytes)).toString('hex'),
    clock,
    say,
  })
}

/** `file:PATH` references as paths. */
function withPaths(settings: Config['audit']['sinks'][string]): SinkSettings {
  const members = Object.entries(settings).map(([name, value]) => [
    name,
    typeof value === 'string' && value.startsWith('file:') ? value.slice('file:'.length) : value,
  ])
  return Object.fromEntries(members) as SinkSettings // the same members, of the same types
}
