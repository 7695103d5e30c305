import type { ObjectValue } from '../value.ts'
import type { Builtin } from './builtin.ts'
import { alternativeNameFields, extensionValue, nameValue } from './certificate-value.ts'
import { decodeGoBase64 } from './go-base64.ts'
import { goBytes, goList, goNumber, goOid, goStruct } from './go-struct.ts'
import { publicKeyValue } from './key-value.ts'
import { decodePem } from './pem.ts'
import { readRequest } from './read-request.ts'
import type { CertificateRequest } from './request.ts'

/**
 * `crypto.x509.parse_certificate_request`: a request, PEM or base64 of PEM or DER, as Go shows it; its signature is not
 * checked. Undefined where it is malformed.
 */
export const cryptoX509ParseCertificateRequest: Builtin = {
  name: 'crypto.x509.parse_certificate_request',
  call(text) {
    if (typeof text !== 'string') return undefined
    const isPem = text.startsWith('-----BEGIN CERTIFICATE REQUEST-----')
    const bytes = isPem ? Buffer.from(text) : decodeGoBase64(text, 'standard', true)
    if (!bytes) return undefined
    const block = decodePem(bytes.toString('latin1'))
    if (block && block.type !== 'CERTIFICATE REQUEST') return undefined
    return requestValue(readRequest(block?.bytes ?? bytes))
  },
}

function requestValue(request: CertificateRequest): ObjectValue {
  const { publicKey, attributes } = request
  const attributeValues = attributes.map(({ type, value }) =>
    goStruct({
      Type: goOid(type),
      Value: value.map((list) => list.map((one) => goStruct({ Type: goOid(one.type), Value: one.value }))),
    }),
  )
  return goStruct({
    Raw: goBytes(request.raw),
    RawTBSCertificateRequest: goBytes(request.tbs),
    RawSubjectPublicKeyInfo: goBytes(request.spki),
    RawSubject: goBytes(request.rawSubject),
    Version: goNumber(request.version),
    Signature: goBytes(request.signature),
    SignatureAlgorithm: request.signatureAlgorithm,
    PublicKeyAlgorithm: request.publicKeyAlgorithm,
    PublicKey: publicKey ? publicKeyValue(publicKey) : null,
    Subject: nameValue(request.subject),
    Attributes: goList(attributeValues),
    Extensions: goList(request.extensions.map(extensionValue)),
    ExtraExtensions: null,
    ...alternativeNameFields(request.names),
  })
}
