import { clauses } from '../../core/clause.ts'
import { ok, type Result, refuse } from '../../core/result.ts'

export const clientCertClauses = clauses({
  item: 'rfc9440-2.2-client-cert',
  list: 'rfc9440-2.3-client-cert-chain',
  alone: 'rfc9440-2.3-chain-with-certificate',
})

// RFC 8941 §3.3.5, without parameters, of which RFC 9440 defines none
const byteSequence = String.raw`:([A-Za-z0-9+/]*={0,2}):`
const item = new RegExp(`^ *${byteSequence} *$`)
const list = new RegExp(String.raw`^ *${byteSequence}(?:[ \t]*,[ \t]*${byteSequence})* *$`)

/**
 * The certificates of a TLS client, in PEM, out of `Client-Cert` and `Client-Cert-Chain` as a proxy sent them (RFC 9440
 * §2). The chain is that without the client's own certificate. Errors: CREDENTIAL_MALFORMED.
 */
export function readClientCert(certificate: string | undefined, chain: string | undefined): Result<string> {
  if (certificate === undefined) {
    return refuse('CREDENTIAL_MALFORMED', clientCertClauses.alone, 'Client-Cert-Chain needs Client-Cert beside it')
  }
  const leaf = item.exec(certificate)?.[1]
  if (leaf === undefined || !isCanonical(leaf)) {
    return refuse(
      'CREDENTIAL_MALFORMED',
      clientCertClauses.item,
      'Client-Cert must be one byte sequence: DER in base64',
    )
  }
  const others = chain === undefined ? [] : readList(chain)
  if (!others?.every(isCanonical)) {
    return refuse('CREDENTIAL_MALFORMED', clientCertClauses.list, 'Client-Cert-Chain must be a list of byte sequences')
  }
  return ok([leaf, ...others].map(pemOf).join(''))
}

const readList = (text: string): readonly string[] | undefined =>
  list.test(text) ? [...text.matchAll(new RegExp(byteSequence, 'g'))].map(([, base64 = '']) => base64) : undefined

/** Written back alike, or bits were left over; of something. */
const isCanonical = (base64: string): boolean =>
  base64 !== '' && Buffer.from(base64, 'base64').toString('base64') === base64

const pemOf = (base64: string): string => `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`
