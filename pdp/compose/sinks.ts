import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ShipThread, startShipThread } from '../audit/sinks/ship-thread.ts'
import type { Witnessing } from '../audit/sinks/ship-messages.ts'
import type { SinkSettings } from '../audit/sinks/sink-settings.ts'
import { readWitnessPolicy } from '../audit/witness/witness-policy.ts'
import { httpsUrl } from '../config/sections/reference.ts'
import type { Config } from '../config/schema.ts'
import type { Clock } from '../core/time.ts'

const seedBytes = 16

/** Starts shipping to the sinks and witnesses that a configuration names; undefined where it names none. */
export function openSinks(
  { audit, state }: Config,
  surroundings: {
    readonly clock: Clock
    readonly randomBytes: (length: number) => Uint8Array
    readonly say: (line: string) => void
  },
): ShipThread | undefined {
  const sinks = Object.entries(audit.sinks).map(([name, settings]) => [name, withPaths(settings)] as const)
  const witnessing = audit.witnesses && readWitnessing(audit.witnesses)
  if (sinks.length === 0 && !witnessing) return undefined
  const { clock, randomBytes, say } = surroundings
  return startShipThread({
    folder: audit.directory ?? join(state, 'audit'),
    cursors: join(state, 'sinks'),
    sinks,
    ...(witnessing && { witnessing }),
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

/** Throws, for the operator, where a policy cannot be read, or where those who are asked can be no quorum. */
function readWitnessing({ policy: path, every_s, ca }: NonNullable<Config['audit']['witnesses']>): Witnessing {
  const file = readFileSync(path)
  const read = readWitnessPolicy(file)
  if (!read.ok) throw new Error(`audit.witnesses.policy: ${path} ${read.problem}`)
  const { witnesses, reached } = read.policy
  const asked = witnesses.filter(({ url }) => url !== undefined)
  const wrong = asked.find(({ url }) => !httpsUrl.safeParse(url).success)
  if (wrong)
    throw new Error(
      `audit.witnesses.policy: the address of \`${wrong.name}\` must be https; http is for loopback alone`,
    )
  if (asked.length === 0 || !reached(new Set(asked.map(({ name }) => name))))
    throw new Error('audit.witnesses.policy: witnesses with an address are no quorum: give more of them theirs')
  return { policy: file, everySeconds: every_s, ...(ca !== undefined && { ca: ca.slice('file:'.length) }) }
}
