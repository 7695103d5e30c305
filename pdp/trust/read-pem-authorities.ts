import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { readCertificate } from '../x509/read-certificate.ts'
import { readPem } from '../x509/read-pem.ts'

export const pemAuthorityClauses = clauses({
  form: 'trust-pem-form',
  kind: 'trust-pem-certificates-only',
  certificate: 'trust-pem-certificate',
  authority: 'trust-pem-authority',
  count: 'trust-authority-count',
})

/** The most authorities that one anchor may have. */
const maximumAuthorities = 500

const label = /^-----(?:BEGIN|END) ([^-]*)-----\r?$/

/**
 * Reads the authorities of a text in PEM. Text between the certificates is passed over (RFC 7468 §5.2); anything else in
 * PEM is refused, since a private key has no place here, and so is a certificate that may not sign others: whoever lists
 * a leaf means something that this cannot do. `from` names the text in details. Errors: TRUST_UNAVAILABLE.
 */
export function readPemAuthorities(
  text: string,
  from: string,
  leaves: 'refused' | 'taken' = 'refused',
): Result<readonly Buffer[]> {
  const refused = (clause: (typeof pemAuthorityClauses)[keyof typeof pemAuthorityClauses], what: string) =>
    refuse('TRUST_UNAVAILABLE', clause, `${from}: ${what}`)
  let inside = false
  const lines: string[] = []
  for (const line of text.split('\n')) {
    const kind = label.exec(line)?.[1]
    if (kind !== undefined && kind !== 'CERTIFICATE') {
      return refused(pemAuthorityClauses.kind, 'holds something in PEM that is no certificate: remove it')
    }
    if (kind !== undefined) inside = line.startsWith('-----BEGIN')
    if (inside || kind !== undefined) lines.push(line.replace(/\r$/, ''))
  }
  const read = readPem(`${lines.join('\n')}\n`, maximumAuthorities)
  if (!read.ok) return refused(pemAuthorityClauses.form, 'holds no certificate in PEM, or one that is damaged')
  for (const [i, der] of read.value.entries()) {
    const certificate = readCertificate(der)
    const which = `certificate ${i + 1}`
    if (!certificate.ok)
      return refused(pemAuthorityClauses.certificate, `${which} cannot be read: ${certificate.detail}`)
    if (leaves === 'refused' && certificate.value.extensions.basicConstraints?.isCa !== true) {
      return refused(pemAuthorityClauses.authority, `${which} is no authority (CA:TRUE): name the one that signed it`)
    }
  }
  return read
}

/** Each authority once, in the order in which they stand. */
export function distinct(authorities: readonly Buffer[]): Result<readonly Buffer[]> {
  const seen = new Map(authorities.map((der) => [der.toString('latin1'), der]))
  return seen.size <= maximumAuthorities
    ? ok([...seen.values()])
    : refuse(
        'TRUST_UNAVAILABLE',
        pemAuthorityClauses.count,
        `an anchor may have ${maximumAuthorities} authorities at most`,
      )
}
