import { constants } from 'node:crypto'
import type { JwsAlgorithm } from '../core/key.ts'

/** ECDSA (RFC 7518 §3.4). `signatureLength`: bytes of r || s; `order`: that of the curve, big-endian. */
export interface EcAlgorithm {
  readonly kty: 'EC'
  readonly crv: 'P-256' | 'P-384' | 'P-521'
  readonly hash: string
  readonly signatureLength: number
  readonly order: Buffer
}

/** RSA (RFC 7518 §3.3 and §3.5). The signature is as long as the modulus; `saltLength` in bytes, for PSS only. */
export interface RsaAlgorithm {
  readonly kty: 'RSA'
  readonly hash: string
  readonly padding: number
  readonly saltLength?: number
}

/** EdDSA (RFC 8037 §3.1, named by curve in RFC 9864 §2.2). */
export interface OkpAlgorithm {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  readonly signatureLength: number
}

export type AlgorithmRow = EcAlgorithm | RsaAlgorithm | OkpAlgorithm

const ec = (crv: EcAlgorithm['crv'], hash: string, order: string): EcAlgorithm => ({
  kty: 'EC',
  crv,
  hash,
  signatureLength: order.length, // two hexadecimal digits a byte, two numbers
  order: Buffer.from(order, 'hex'),
})
const pkcs1 = (hash: string): RsaAlgorithm => ({ kty: 'RSA', hash, padding: constants.RSA_PKCS1_PADDING })
const pss = (hash: string, saltLength: number): RsaAlgorithm => ({
  kty: 'RSA',
  hash,
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength,
})

/** Every algorithm that is accepted, and what it needs of key and signature. Orders: SEC 2 §2.4.2, §2.5.1, §2.6.1. */
export const algorithms: Readonly<Record<JwsAlgorithm, AlgorithmRow>> = {
  ES256: ec('P-256', 'sha256', 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'),
  ES384: ec(
    'P-384',
    'sha384',
    'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
  ),
  ES512: ec(
    'P-521',
    'sha512',
    '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
  ),
  RS256: pkcs1('sha256'),
  RS384: pkcs1('sha384'),
  RS512: pkcs1('sha512'),
  PS256: pss('sha256', 32),
  PS384: pss('sha384', 48),
  PS512: pss('sha512', 64),
  Ed25519: { kty: 'OKP', crv: 'Ed25519', signatureLength: 64 },
}

const names: ReadonlyMap<string, JwsAlgorithm> = new Map([
  // Object.keys answers strings; these are the keys of the table above
  ...(Object.keys(algorithms) as JwsAlgorithm[]).map((name): [string, JwsAlgorithm] => [name, name]),
  // RFC 9864 §4.1.2 deprecates the name; Ed25519 is the only curve it can mean here
  ['EdDSA', 'Ed25519'],
])

/** The accepted algorithm of that `alg` value, compared exactly, or undefined. */
export const algorithmNamed = (alg: string): JwsAlgorithm | undefined => names.get(alg)

/** The algorithms a key of this type can be used with; `crv` as in its JWK, undefined for RSA. */
export function algorithmsOf(kty: string, crv: string | undefined): readonly JwsAlgorithm[] {
  // the keys of the table, as above
  return (Object.keys(algorithms) as JwsAlgorithm[]).filter((name) => {
    const row = algorithms[name]
    return row.kty === kty && (row.kty === 'RSA' || row.crv === crv)
  })
}
