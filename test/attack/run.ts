import type { Instant } from '../../pdp/core/time.ts'
import type { Attack } from './attack.ts'
import { judge } from './judge.ts'
import type { Peer } from './peers.ts'
import type { Outcome, Target } from './target.ts'

/** `n/a`: it cannot be asked. `invalid`: it refuses the twin too. */
export type Word = 'ALLOW' | 'DENY' | 'n/a' | 'invalid'

/** One attack, and what became of it. `code` and `clause` are ours; `as_meant`: refused here by its own check. */
export interface Row {
  readonly on: string
  readonly id: string
  readonly name: string
  readonly source: string
  readonly sallyport: Word
  readonly code: string
  readonly clause: string
  readonly as_meant: boolean
  readonly peers: Readonly<Record<string, Word>>
}

/** All of them. `good`: every one was refused here as meant. `not_asked`: why peers could not be, by what the attacks are on. */
export interface Result {
  readonly good: boolean
  readonly rows: readonly Row[]
  readonly not_asked: Readonly<Record<string, string>>
  readonly missing: readonly string[]
}

/** Makes every attack on the target, and those that are one token on every peer that is there. */
export async function attackAll(
  catalogue: Readonly<Record<string, readonly Attack[]>>,
  target: Target,
  peers: readonly Peer[],
  now: () => Instant,
): Promise<Result> {
  const rows: Row[] = []
  for (const [on, attacks] of Object.entries(catalogue)) {
    for (const attack of attacks) rows.push(await attackOne(on, attack, target, peers, now))
  }
  const families = Object.entries(catalogue).map(([on, [first]]) => [on, first?.peers] as const)
  return {
    good: rows.every((row) => row.as_meant && !Object.values(row.peers).includes('invalid')),
    rows,
    not_asked: Object.fromEntries(
      families.flatMap(([on, peers]) => (typeof peers === 'object' ? [[on, peers.because]] : [])),
    ),
    missing: peers.flatMap((peer) => ('missing' in peer ? [peer.missing] : [])),
  }
}

async function attackOne(
  on: string,
  attack: Attack,
  target: Target,
  peers: readonly Peer[],
  now: () => Instant,
): Promise<Row> {
  const { verdict, attack: outcome } = await judge(attack, target, now())
  const words: [string, Word][] = []
  for (const peer of peers) {
    const asked = attack.peers === 'token' && 'target' in peer ? await judge(attack, peer.target, now()) : undefined
    words.push([peer.name, asked ? wordOf(asked.verdict, asked.attack) : 'n/a'])
  }
  const { id, name, source } = attack
  return {
    on,
    id,
    name,
    source,
    sallyport: wordOf(verdict, outcome),
    code: outcome?.code ?? '',
    clause: outcome?.clause ?? '',
    as_meant: verdict === 'refused',
    peers: Object.fromEntries(words),
  }
}

function wordOf(verdict: string, outcome: Outcome | undefined): Word {
  if (verdict === 'invalid' || !outcome) return 'invalid'
  return outcome.decision === 'allow' ? 'ALLOW' : 'DENY'
}
