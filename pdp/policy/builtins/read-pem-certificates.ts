import type { Certificate } from './certificate.ts'
import { decodeGoBase64 } from './go-base64.ts'
import { bytesAsText, decodePem } from './pem.ts'
import { readCertificates } from './read-certificate.ts'

const begin = '-----BEGIN'

/** The certificates of PEM text, or of base64 of PEM or DER; throws where there is anything else. */
export function readPemCertificates(text: string): readonly Certificate[] {
  if (text.startsWith(begin)) return fromPem(bytesAsText(text))
  const bytes = decodeGoBase64(text, 'standard', true)
  if (!bytes) throw new Error('neither PEM nor base64')
  const inner = bytes.toString('latin1')
  return inner.startsWith(begin) ? fromPem(inner) : readCertificates(bytes)
}

/** All blocks must be certificates; what follows the last block is passed over. */
function fromPem(text: string): readonly Certificate[] {
  const ders: Buffer[] = []
  for (let rest = text; rest !== ''; ) {
    const block = decodePem(rest)
    if (!block) break
    if (block.type !== 'CERTIFICATE') throw new Error('a PEM block that is no certificate')
    ders.push(block.bytes)
    rest = block.rest
  }
  return readCertificates(Buffer.concat(ders))
}
