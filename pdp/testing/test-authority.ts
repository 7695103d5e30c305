import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { bits, boolean, der, integer, octets, oid, sequence, set, text, time } from './write-der.ts'

/** A certificate and the key it is for, both in PEM: what a TLS client or server of Node takes. */
export interface TestIdentity {
  readonly cert: string
  readonly key: string
}

/** An authority of X.509-SVIDs whose key is in this process alone. */
export interface TestAuthority {
  /** Its own certificate, in PEM: the `ca` of a server that asks its clients for certificates. */
  readonly ca: string
  /** Itself, as a SPIFFE bundle has it. */
  readonly jwk: object
  /** Issues the X.509-SVID of a workload, good also as a server's at `localhost` and 127.0.0.1. `now`: milliseconds. */
  issue(spiffeId: string, now: number): TestIdentity
}

const hour = 3_600_000
const leeway = 60_000
const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'))
const keyUsage = { digitalSignature: 0x80, keyCertSign: 0x04, crlSign: 0x02 } as const

/** Makes an authority of a trust domain, good for a day from `now`. */
export function createTestAuthority(trustDomain: string, now: number): TestAuthority {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = nameOf(trustDomain)
  const certificate = signed(own.privateKey, {
    issuer: name,
    subject: name,
    key: own.publicKey,
    from: now - leeway,
    to: now + 24 * hour,
    extensions: [
      extension('2.5.29.19', sequence(boolean(true)), true),
      usage(keyUsage.keyCertSign | keyUsage.crlSign),
      extension('2.5.29.14', octets(keyId(own.publicKey))),
      extension('2.5.29.17', sequence(text(0x86, `spiffe://${trustDomain}`))),
    ],
  })
  return {
    ca: pem(certificate),
    jwk: { ...own.publicKey.export({ format: 'jwk' }), use: 'x509-svid', x5c: [certificate.toString('base64')] },
    issue(spiffeId, now) {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const leaf = signed(own.privateKey, {
        issuer: name,
        subject: nameOf('workload'),
        key: publicKey,
        from: now - leeway,
        to: now + hour,
        extensions: [
          usage(keyUsage.digitalSignature),
          extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2'))),
          extension('2.5.29.35', sequence(der(0x80, keyId(own.publicKey)))),
          extension(
            '2.5.29.17',
            sequence(text(0x86, spiffeId), text(0x82, 'localhost'), der(0x87, Buffer.from([127, 0, 0, 1]))),
          ),
        ],
      })
      return { cert: pem(leaf), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
    },
  }
}

interface ToSign {
  readonly issuer: Buffer
  readonly subject: Buffer
  readonly key: KeyObject
  readonly from: number
  readonly to: number
  readonly extensions: readonly Buffer[]
}

/** A certificate (RFC 5280 §4.1), version 3. */
function signed(signer: KeyObject, { issuer, subject, key, from, to, extensions }: ToSign): Buffer {
  const content = sequence(
    der(0xa0, integer(2)),
    integer(BigInt(`0x7f${randomBytes(15).toString('hex')}`)),
    ecdsaWithSha256,
    issuer,
    sequence(time(from), time(to)),
    subject,
    key.export({ format: 'der', type: 'spki' }),
    der(0xa3, sequence(...extensions)),
  )
  return sequence(content, ecdsaWithSha256, bits(sign('sha256', content, signer)))
}

const nameOf = (common: string): Buffer => sequence(set(sequence(oid('2.5.4.3'), text(0x0c, common))))

const extension = (id: string, value: Buffer, critical = false): Buffer =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value))

/** `usages`: the bits of one octet (RFC 5280 §4.2.1.3). */
const usage = (usages: number): Buffer =>
  extension('2.5.29.15', bits(Buffer.from([usages]), Math.log2(usages & -usages)), true)

const keyId = (key: KeyObject): Buffer =>
  createHash('sha256')
    .update(key.export({ format: 'der', type: 'spki' }))
    .digest()
    .subarray(0, 20)

const pem = (bytes: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`
