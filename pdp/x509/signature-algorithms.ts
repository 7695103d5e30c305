import type { PublicKey } from './public-key.ts'

/** How a signature is checked. `hash` is absent where the algorithm has its own. */
export interface SignatureAlgorithm {
  readonly key: PublicKey['kind']
  readonly hash: 'sha256' | 'sha384' | 'sha512' | undefined
  readonly saltLength?: number
}

const rsa = (hash: 'sha256' | 'sha384' | 'sha512'): SignatureAlgorithm => ({ key: 'rsa', hash })
const pss = (hash: 'sha256' | 'sha384' | 'sha512', saltLength: number): SignatureAlgorithm => ({
  key: 'rsa',
  hash,
  saltLength,
})
const ecdsa = (hash: 'sha256' | 'sha384' | 'sha512'): SignatureAlgorithm => ({ key: 'ec', hash })

/** AlgorithmIdentifiers that are accepted, by their whole DER in hexadecimal. SHA-1, MD5 and DSA are not among them. */
const table: ReadonlyMap<string, SignatureAlgorithm> = new Map([
  // RFC 4055 §5: PKCS #1 v1.5, with NULL or without
  ['300d06092a864886f70d01010b0500', rsa('sha256')],
  ['300b06092a864886f70d01010b', rsa('sha256')],
  ['300d06092a864886f70d01010c0500', rsa('sha384')],
  ['300b06092a864886f70d01010c', rsa('sha384')],
  ['300d06092a864886f70d01010d0500', rsa('sha512')],
  ['300b06092a864886f70d01010d', rsa('sha512')],
  // RFC 4055 §3.1: PSS with MGF1 of the same hash and a salt of its length
  [pssParameters('01', '20'), pss('sha256', 32)],
  [pssParameters('02', '30'), pss('sha384', 48)],
  [pssParameters('03', '40'), pss('sha512', 64)],
  // RFC 5758 §3.2
  ['300a06082a8648ce3d040302', ecdsa('sha256')],
  ['300a06082a8648ce3d040303', ecdsa('sha384')],
  ['300a06082a8648ce3d040304', ecdsa('sha512')],
  // RFC 8410 §3
  ['300506032b6570', { key: 'ed25519', hash: undefined }],
])

function pssParameters(hash: string, salt: string): string {
  const digest = `300d06096086480165030402${hash}0500`
  const mask = `301a06092a864886f70d010108${digest}`
  return `304106092a864886f70d01010a3034a00f${digest}a11c${mask}a2030201${salt}`
}

/** The algorithm of an AlgorithmIdentifier; absent where it is weak or unknown. */
export const signatureAlgorithmOf = (identifier: Buffer): SignatureAlgorithm | undefined =>
  table.get(identifier.toString('hex'))
