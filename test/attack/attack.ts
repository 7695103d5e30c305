import type { Code } from '../../pdp/core/codes.ts'
import type { Instant } from '../../pdp/core/time.ts'

/** What an enforcement point sends: the request it received, in the form of `POST /authorize`. */
export interface Presented {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly certificate?: string
  readonly credentials?: readonly { readonly type: string; readonly token: string }[]
  readonly method?: string
  readonly url?: string
  /** Who asks; absent: `gateway`, which vouches for its peers. `edge` stands behind a proxy; `plain` vouches for nothing. */
  readonly pep?: 'gateway' | 'edge' | 'plain'
}

/** One after another; what becomes of the last one counts. */
export type Presentation = readonly [Presented, ...Presented[]]

/**
 * An attack on the first gate.
 *
 * - `id`: stands once in the catalogue. `source`: where it is known from.
 * - `make`: what is presented, and its twin, which differs in the named defect alone and must be allowed.
 * - `code`, `clause`: what the attack must be refused with.
 * - `peers`: `token` where all of it is one token of a kind that every decision point can check; else why others cannot
 *   be asked.
 */
export interface Attack {
  readonly id: string
  readonly name: string
  readonly source: string
  readonly make: (now: Instant) => { readonly twin: Presentation; readonly attack: Presentation }
  readonly code: Code
  readonly clause: string
  readonly peers: 'token' | { readonly because: string }
}

/** A family of attacks in one line each; they share their twin. */
export type Line = readonly [
  id: string,
  name: string,
  source: string,
  attack: (now: Instant) => Presented | Presentation,
  code: Code,
  clause: string,
]

const isPresentation = (given: Presented | Presentation): given is Presentation => Array.isArray(given)

/** The attacks of a family. */
export function family(
  twin: (now: Instant) => Presented,
  peers: Attack['peers'],
  lines: readonly Line[],
): readonly Attack[] {
  return lines.map(([id, name, source, attack, code, clause]) => ({
    id,
    name,
    source,
    make(now) {
      const given = attack(now)
      return { twin: [twin(now)], attack: isPresentation(given) ? given : [given] }
    },
    code,
    clause,
    peers,
  }))
}
