import type { Assurance } from '../core/caller.ts'
import { between, earliest, type Instant, latest } from '../core/time.ts'
import type { Possession, Verified } from '../seams.ts'
import type { Joined } from './join.ts'

/**
 * How well the identity was proved. Attributes come first; the level is derived from them: 0 a secret sent each time,
 * 1 a short bearer credential of an issuer, 2 a signature of the caller's own or a
 * workload that its platform just vouched for, 3 possession of a key shown, 4 the key held
 * by hardware. A credential good for several audiences counts one lower, and a registered ceiling caps it.
 */
export function assuranceOf({ all }: Joined, now: Instant): Assurance {
  const possession = all.find((bound) => bound.possession)?.possession?.possession ?? 'none'
  const audienceBound = all.every(({ verified }) => verified.audienceBound)
  let issuedAt = Number.NEGATIVE_INFINITY as Instant // there is one credential at least, and each is of some time
  let expiresAt = Number.POSITIVE_INFINITY as Instant
  let level: Assurance['level'] = 0
  let ceiling: Assurance['level'] = 4
  for (const { verified, possession } of all) {
    level = larger(level, levelOf(verified, possession))
    ceiling = smaller(ceiling, verified.ceiling ?? 4)
    issuedAt = latest(issuedAt, verified.issuedAt)
    expiresAt = earliest(expiresAt, verified.expiresAt)
  }
  return {
    level: smaller(ceiling, audienceBound ? level : lower[level]),
    possession,
    audience_bound: audienceBound,
    single_use: all.some(({ verified, possession }) => verified.once.length + (possession?.once.length ?? 0) > 0),
    attested: all.some(({ verified }) => verified.attested),
    lifetime_s: Math.max(0, Math.trunc(between(issuedAt, expiresAt))),
    age_s: Math.max(0, Math.trunc(between(issuedAt, now))),
  }
}

/** A signature over the request by a key that nobody vouches for is no more than the caller's own. */
const levelOf = ({ strength = 1 }: Verified, shown: Possession | undefined): Assurance['level'] =>
  shown && shown.possession !== 'none' && strength !== 2 ? base[shown.possession] : strength

const base = { request: 3, channel: 3, hardware: 4 } as const
const lower = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 3 } as const

const larger = <Level extends number>(a: Level, b: Level): Level => (a > b ? a : b)
const smaller = <Level extends number>(a: Level, b: Level): Level => (a < b ? a : b)
