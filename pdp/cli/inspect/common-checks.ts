import { certificateEvidenceClauses } from '../../identity/certificate-evidence.ts'
import { bindClauses } from '../../identity/bind.ts'
import { certificateBindingClauses } from '../../identity/proofs/certificate-binding.ts'
import { demandClauses } from '../../identity/demands.ts'
import { evidenceClauses } from '../../identity/evidence.ts'
import { clientCertClauses } from '../../identity/forwarded/client-cert.ts'
import { followHopClauses } from '../../identity/forwarded/follow-hop.ts'
import { readXfccClauses } from '../../identity/forwarded/read-xfcc.ts'
import { xfccCallerClauses } from '../../identity/forwarded/xfcc-caller.ts'
import { joinClauses } from '../../identity/join.ts'
import { pathTemplateClauses } from '../../identity/path-template.ts'
import { selectClauses } from '../../identity/select.ts'
import { verifyClauses } from '../../identity/verify.ts'
import { type Seen, show, showClaim, showUris } from './seen.ts'
import { all, type Check } from './check.ts'

// Steps that every credential passes, whatever verifier it is given to.

export const place: Check = {
  name: 'place',
  clauses: [
    ...all(evidenceClauses, clientCertClauses, followHopClauses, readXfccClauses, xfccCallerClauses),
    verifyClauses.missing,
    verifyClauses.proofAlone,
  ],
  expected: () => 'one credential in each place that takes some',
}
export const issuer: Check = {
  name: 'issuer',
  clauses: all(selectClauses),
  expected: ({ config: { trust, registry } }) =>
    [...trust.map(nameOf), ...(registry ? [registry.issuer] : [])].map((name) => show(name)).join(', '),
  got: (seen) => (seen.leaf ? showUris(seen) : `iss ${showClaim(seen, 'iss')}, sub ${showClaim(seen, 'sub')}`),
}
export const path: Check = {
  name: 'path of its SPIFFE ID',
  clauses: all(pathTemplateClauses, certificateEvidenceClauses),
  expected: () => 'the shape configured for its trust domain',
}

export const end: readonly Check[] = [
  {
    name: 'proof',
    clauses: all(bindClauses, certificateBindingClauses),
    expected: () => 'possession of the key that it is bound to, if it is bound to one',
  },
  { name: 'subject', clauses: all(joinClauses), expected: () => 'all credentials agree on one caller' },
  {
    name: 'demands',
    clauses: all(demandClauses),
    expected: ({ service: { maxAttestationAge, minimumAssurance } }) =>
      [
        ...(maxAttestationAge === undefined ? [] : [`issued at most ${maxAttestationAge} s ago`]),
        ...(minimumAssurance === undefined ? [] : [`level of assurance ${minimumAssurance} or more`]),
      ].join(', ') || 'none by this service',
  },
]

function nameOf(anchor: Seen['config']['trust'][number]): string {
  if ('issuer' in anchor) return anchor.issuer
  return 'spiffe' in anchor ? `spiffe://${anchor.spiffe}` : anchor.name
}
