import { readDer } from '../x509/der.ts'

/** Takes certificates in DER that stand one after another apart. Undefined where the bytes are not such. */
export function splitCertificates(bytes: Uint8Array): readonly Buffer[] | undefined {
  const certificates: Buffer[] = []
  try {
    const reader = readDer(Buffer.from(bytes)) // a copy: what is kept must not hold on to the whole message
    while (!reader.isEmpty()) certificates.push(reader.element(0x30).bytes)
    return certificates
  } catch {
    return undefined
  }
}
