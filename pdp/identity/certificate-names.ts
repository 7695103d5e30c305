import { clauses } from '../core/clause.ts'
import { readIpAddress } from '../core/ip-address.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { CertificateName } from '../core/credential.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { GeneralName } from '../x509/general-names.ts'
import { readNameText } from '../x509/read-name-text.ts'

export const certificateNameClauses = clauses({
  dns: 'rfc8705-2.1.2-san-dns',
  uri: 'rfc8705-2.1.2-san-uri',
  ip: 'rfc8705-2.1.2-san-ip',
  email: 'rfc8705-2.1.2-san-email',
})

/**
 * The names of a certificate, each once, in the form in which they are compared: the subject by its parsed parts, DNS
 * names and hosts without case, addresses by their bytes, everything else byte by byte. A wildcard stands for itself
 * alone: RFC 8705 §2.1.2 compares entries, it matches no host names.
 */
export function namesOf({ subject, extensions }: Certificate): readonly CertificateName[] {
  const names = [
    ...(subject.rdns.length === 0 ? [] : [{ by: 'subject' as const, value: subject.key }]),
    ...(extensions.subjectAltName?.names ?? []).flatMap(nameOf),
  ]
  return names.filter(({ by, value }, i) => names.findIndex((each) => each.by === by && each.value === value) === i)
}

function nameOf(name: GeneralName): readonly CertificateName[] {
  switch (name.kind) {
    case 'dns':
      return [{ by: 'san_dns', value: name.value.toLowerCase() }]
    case 'uri':
      return [{ by: 'san_uri', value: name.value }]
    case 'email':
      return [{ by: 'san_email', value: foldHost(name.value) }]
    case 'ip':
      return [{ by: 'san_ip', value: name.bytes.toString('hex') }]
    case 'directory':
    case 'other-name':
    case 'x400':
    case 'edi-party':
    case 'registered-id':
      return [] // nobody is known by these
  }
}

/** RFC 5280 §7.5: the part before the last `@` keeps its case. */
const foldHost = (address: string): string => {
  const at = address.lastIndexOf('@') + 1
  return address.slice(0, at) + address.slice(at).toLowerCase()
}

/** A name as configuration writes it. Errors: CREDENTIAL_MALFORMED, with what it must be. */
export function readCertificateName(by: CertificateName['by'], text: string): Result<CertificateName> {
  const read = readers[by](text)
  return read.ok ? ok({ by, value: read.value }) : read
}

const malformed = (clause: (typeof certificateNameClauses)[keyof typeof certificateNameClauses], detail: string) =>
  refuse('CREDENTIAL_MALFORMED', clause, detail)

const hostName = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/i

const readers: Readonly<Record<CertificateName['by'], (text: string) => Result<string>>> = {
  subject(text) {
    const name = readNameText(text)
    return name.ok ? ok(name.value.key) : name
  },
  san_dns: (text) =>
    hostName.test(text)
      ? ok(text.toLowerCase())
      : malformed(certificateNameClauses.dns, 'must be one DNS name without a wildcard'),
  san_uri: (text) =>
    /^[a-z][a-z0-9+.-]*:[\x21-\x7e]+$/i.test(text) && !isSpiffeUri(text)
      ? ok(text)
      : malformed(certificateNameClauses.uri, 'must be a URI, and none of SPIFFE: those are for `spiffe` in trust'),
  san_ip(text) {
    const bytes = readIpAddress(text)
    return bytes
      ? ok(Buffer.from(bytes).toString('hex'))
      : malformed(certificateNameClauses.ip, 'must be an IPv4 or IPv6 address')
  },
  san_email: (text) =>
    /^[\x21-\x3f\x41-\x7e]+@[a-z0-9.-]+$/i.test(text)
      ? ok(foldHost(text))
      : malformed(certificateNameClauses.email, 'must be a mail address'),
}

/** Whether a URI claims to be a SPIFFE ID, well written or not: such a certificate is an SVID or nothing. */
export const isSpiffeUri = (uri: string): boolean => /^spiffe:/i.test(uri)
