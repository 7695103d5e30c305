import type { Decision } from '../../pdp/core/decision.ts'
import { isAllow } from '../../pdp/core/decision.ts'
import { eventually } from './eventually.ts'
import { type Instance, present } from './instance.ts'
import { clientKey, dpop, dpopProof, svid } from './world.ts'

// Asks that hold only with a proof which may be used once.

/** What a caller presents: the same each time it is sent. */
export type Presented = { readonly headers: Readonly<Record<string, string | readonly string[]>> }

/** A bound token with a proof over it, both of now. */
export function newProof(): Presented {
  const now = present()
  const token = svid({ now, claims: { cnf: { jkt: clientKey.thumbprint } } })
  return { headers: dpop(token, dpopProof(token, { now })) }
}

/** Presents new proofs until one is accepted, and answers that one; a busy machine may take longer than Redis may. */
export async function acceptedProof(instance: Instance): Promise<Presented> {
  let accepted: Presented | undefined
  await eventually(async () => {
    const proof = newProof()
    if (!isAllow(await instance.ask(proof))) throw new Error('not accepted yet')
    accepted = proof
  })
  if (!accepted) throw new Error('no proof was accepted')
  return accepted
}

export const codeOf = ({ code }: Decision): string => code
