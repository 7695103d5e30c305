import type { PublicKey } from '../../x509/public-key.ts'
import { readCertificate } from '../../x509/read-certificate.ts'
import { instanceCertificates } from './instance-certificates.ts'

/** The key that signs documents of a region's instances. */
export type InstancePins = ReadonlyMap<string, PublicKey>

/**
 * The pins of these regions: those of this release, and `more` in DER in front of them. Throws, for the operator, for a region
 * that has none, and for a certificate without an RSA key.
 */
export function instancePins(
  regions: readonly string[],
  more: ReadonlyMap<string, Uint8Array> = new Map(),
): InstancePins {
  return new Map(
    regions.map((region) => {
      const known = instanceCertificates[region]
      const der = more.get(region) ?? (known === undefined ? undefined : Buffer.from(known, 'base64'))
      if (!der)
        throw new Error(`region \`${region}\` has no certificate in this release: give it one in \`certificates\``)
      const certificate = readCertificate(der)
      if (!certificate.ok) throw new Error(`the certificate of region \`${region}\`: ${certificate.detail}`)
      const { publicKey } = certificate.value
      if (publicKey.kind !== 'rsa') throw new Error(`the certificate of region \`${region}\` has no RSA key`)
      return [region, publicKey]
    }),
  )
}
