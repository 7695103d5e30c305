import { sha256, sha256Base64url } from '../core/digest.ts'
import { ok, type Result } from '../core/result.ts'
import { createRecent } from '../jose/recent.ts'
import type { CertificateCredential } from '../core/credential.ts'
import { readCertificate } from '../x509/read-certificate.ts'
import { readPem } from '../x509/read-pem.ts'
import { namesOf } from './certificate-names.ts'

/** The most certificates a chain may hold. */
const maximumCertificates = 10
const rememberedCharacters = 8 * 1024 * 1024

/**
 * Makes what takes a PEM chain apart, leaf first. Every certificate must be readable: what is sent beside a leaf is meant
 * to be used. A text seen before is not read again; who that is, is asked each time. Errors: CREDENTIAL_MALFORMED.
 */
export function createOpenCertificate(): (text: string) => Result<CertificateCredential> {
  const known = createRecent<CertificateCredential>(rememberedCharacters)
  return function openCertificate(text) {
    const before = known.get(text)
    if (before) return ok(before)
    const credential = read(text)
    if (credential.ok) known.put(Buffer.from(text, 'latin1').toString('latin1'), credential.value, text.length) // a copy: it may be cut out of a request
    return credential
  }
}

function read(text: string): Result<CertificateCredential> {
  const chain = readPem(text, maximumCertificates)
  return chain.ok ? readChain(chain.value) : chain
}

/** Takes a chain in DER apart, leaf first. Errors: CREDENTIAL_MALFORMED. */
export function readChain(chain: readonly [Uint8Array, ...Uint8Array[]]): Result<CertificateCredential> {
  const [leaf, ...others] = chain
  const first = readCertificate(leaf)
  if (!first.ok) return first
  for (const der of others) {
    const read = readCertificate(der)
    if (!read.ok) return read
  }
  const names = namesOf(first.value)
  return ok({
    form: 'certificate',
    scheme: 'tls',
    chain,
    uris: names.flatMap(({ by, value }) => (by === 'san_uri' ? [value] : [])),
    names,
    digest: sha256(Buffer.concat(chain)), // each is one DER element, so no two chains are one text
    thumbprint: sha256Base64url(leaf),
  })
}
