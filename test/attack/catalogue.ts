import type { Attack } from './attack.ts'
import { certificateAttacks, forwardedAttacks } from './rows/certificates.ts'
import { evidenceAttacks } from './rows/evidence.ts'
import { dpopAttacks, messageSignatureAttacks, workloadProofAttacks } from './rows/proofs.ts'
import { forgedTokens, issuerAttacks, signedTokens } from './rows/tokens.ts'

/** Every attack that can be made through `POST /authorize`, by what it is on. */
export const catalogue: Readonly<Record<string, readonly Attack[]>> = {
  'tokens, forged': forgedTokens,
  'tokens, signed by their issuer': signedTokens,
  'tokens of other kinds': issuerAttacks,
  evidence: evidenceAttacks,
  'DPoP proofs': dpopAttacks,
  'workload proof tokens': workloadProofAttacks,
  'message signatures': messageSignatureAttacks,
  certificates: certificateAttacks,
  'forwarded certificates': forwardedAttacks,
}
