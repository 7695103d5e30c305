import type { CertificateParts, TestAuthority, TestCertificate } from './certificates.ts'
import { createAuthority, extension, general, pemOf } from './certificates.ts'

// Certificates that are good now, of two trust domains; those of the second stand below an intermediate.

const hour = 3_600_000

/** Good from an hour ago for an hour. */
export const current = (): Pick<CertificateParts, 'notBefore' | 'notAfter'> => ({
  notBefore: Date.now() - hour,
  notAfter: Date.now() + hour,
})

export interface Pki {
  readonly prod: TestAuthority
  readonly partner: TestAuthority
  readonly intermediate: TestAuthority
}

export function createPki(): Pki {
  const prod = createAuthority('prod.example root', current())
  const partner = createAuthority('partner.example root', current())
  return { prod, partner, intermediate: partner.authority('partner.example intermediate', current()) }
}

/** A key in PEM. */
const keyOf = ({ key }: TestCertificate): string => key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** A workload's certificate and key, with what completes its chain. */
export function identityOf(authority: TestAuthority, id: string, ...chain: readonly TestCertificate[]) {
  const leaf = authority.svid(id, current())
  return { leaf, cert: pemOf(leaf, ...chain), key: keyOf(leaf) }
}

/** The certificate of a server on loopback. */
export function serverIdentity(authority: TestAuthority) {
  const leaf = authority.issue({ ...current(), extensions: [extension.names([general.ip(127, 0, 0, 1)])] })
  return { leaf, cert: pemOf(leaf), key: keyOf(leaf) }
}

/** A SPIFFE bundle of X.509 authorities. */
export const bundleOf = (...roots: readonly TestCertificate[]): string =>
  JSON.stringify({
    keys: roots.map(({ der, key }) => ({
      ...key.publicKey.export({ format: 'jwk' }),
      use: 'x509-svid',
      x5c: [der.toString('base64')],
    })),
  })
