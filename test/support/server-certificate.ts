import { generateKeyPairSync, sign } from 'node:crypto'
import { der, sequence, time } from './der.ts'

/** A self-signed certificate for a TLS server in a test, and its key; both PEM. */
export interface ServerCertificate {
  readonly cert: string
  readonly key: string
}

const ascii = (tag: number, text: string) => der(tag, Buffer.from(text, 'latin1'))
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))

/** Makes a certificate of one hour for DNS names, and for loopback where `loopback` says so. */
export function createServerCertificate(names: readonly string[], loopback = true): ServerCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = sequence(der(0x31, sequence(oid('550403'), ascii(0x0c, 'test server'))))
  const now = Date.now()
  const alternatives = [
    ...names.map((dns) => ascii(0x82, dns)),
    ...(loopback ? [der(0x87, Buffer.from([127, 0, 0, 1]))] : []),
  ]
  const extension = sequence(oid('551d11'), der(0x04, sequence(...alternatives)))
  const certificate = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    name,
    sequence(time(now - 3_600_000), time(now + 3_600_000)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extension)),
  )
  const signature = der(0x03, Buffer.from([0]), sign('sha256', certificate, privateKey))
  const bytes = sequence(certificate, ecdsaWithSha256, signature).toString('base64')
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${bytes.replace(/(.{64})(?=.)/g, '$1\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}
