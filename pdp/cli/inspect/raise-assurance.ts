import type { Assurance } from '../../core/caller.ts'

/** What would raise a level of assurance, in the order of how much it helps. */
const advice: readonly { readonly lacks: (assurance: Assurance) => boolean; readonly say: string }[] = [
  {
    lacks: ({ possession }) => possession === 'none',
    say: 'bind it to a key: DPoP (cnf.jkt), or a certificate (cnf.x5t#S256), or present an X.509-SVID',
  },
  { lacks: ({ audience_bound }) => !audience_bound, say: 'have it issued for this one audience' },
  { lacks: ({ attested }) => !attested, say: 'let a platform vouch for the workload: an SVID of a SPIFFE issuer' },
  { lacks: ({ lifetime_s }) => lifetime_s > 3_600, say: 'have it issued for an hour at most' },
]

/** How the assurance of a caller could be raised; empty where nothing of this list is left. */
export const raiseAssurance = (assurance: Assurance): readonly string[] =>
  advice.filter(({ lacks }) => lacks(assurance)).map(({ say }) => say)
