import { nanosecondDigits } from '../../core/time.ts'
import { isArrayValue, isNumberValue, isObjectValue, isSetValue, numberText, type Value } from '../value.ts'
import { type Builtin, perDecision } from './builtin.ts'
import type { Certificate } from './certificate.ts'
import { certificateValue, extendedCertificateValue } from './certificate-value.ts'
import { extKeyUsageNamed } from './ext-key-usages.ts'
import { readPemCertificates } from './read-pem-certificates.ts'
import { trimEndsOf } from './trim-ends.ts'
import { type VerifyOptions, verifyChain } from './verify-chain.ts'

const invalid: Value = [false, []]

/**
 * `crypto.x509.parse_and_verify_certificates`: `[true, chain]`, leaf first, of certificates given root first and leaf
 * last that make a chain for authenticating a server at the time of the decision; else `[false, []]`.
 */
export const cryptoX509ParseAndVerify: Builtin = perDecision(
  'crypto.x509.parse_and_verify_certificates',
  ({ now }, certificates) => {
    if (typeof certificates !== 'string') return undefined
    const chain = verify(certificates, { at: BigInt(nanosecondDigits(now)), dnsName: '', usages: [] })
    return chain ? [true, chain.map(extendedCertificateValue)] : invalid
  },
  { unrecorded: true },
)

/**
 * `crypto.x509.parse_and_verify_certificates_with_options`: the same with `DNSName`, `CurrentTime` in nanoseconds,
 * `KeyUsages` and `MaxConstraintComparisons`, which bounds nothing here; undefined where an option is unknown or of a
 * wrong type.
 */
export const cryptoX509ParseAndVerifyWithOptions: Builtin = perDecision(
  'crypto.x509.parse_and_verify_certificates_with_options',
  ({ now }, certificates, options) => {
    if (typeof certificates !== 'string' || !isObjectValue(options)) return undefined
    const chain = verifyRead(certificates, () => readOptions(options.entries, BigInt(nanosecondDigits(now))))
    return chain ? [true, chain.map(certificateValue)] : invalid
  },
  { unrecorded: true },
)

const verify = (text: string, options: VerifyOptions) => verifyRead(text, () => options)

// options are read after the certificates: with none to verify, wrong ones do not matter
function verifyRead(text: string, optionsOf: () => VerifyOptions): readonly Certificate[] | undefined {
  const certificates = readOrNone(text)
  return certificates && verifyChain(certificates, optionsOf())
}

function readOrNone(text: string): readonly Certificate[] | undefined {
  try {
    return readPemCertificates(text)
  } catch {
    return undefined
  }
}

function readOptions(entries: readonly (readonly [Value, Value])[], now: bigint): VerifyOptions {
  let [at, dnsName, usages]: [bigint, string, readonly number[]] = [now, '', []]
  for (const [name, value] of entries) {
    if (typeof name !== 'string') continue
    if (name === 'DNSName' && typeof value === 'string') dnsName = unquoted(value)
    else if (name === 'CurrentTime') at = integer(value)
    else if (name === 'MaxConstraintComparisons') integer(value)
    else if (name === 'KeyUsages') usages = readUsages(value)
    else throw new Error('unknown option, or one of a wrong type')
  }
  return { at, dnsName, usages }
}

const unquoted = (text: string): string => trimEndsOf(text, '"')

function integer(value: Value): bigint {
  const text = isNumberValue(value) ? numberText(value) : ''
  if (!/^-?\d+$/.test(text) || BigInt.asIntN(64, BigInt(text)) !== BigInt(text)) throw new Error('not an int64')
  return BigInt(text)
}

/** Names of usages; an unknown one is refused, what is no name is passed over. */
function readUsages(value: Value): readonly number[] {
  const items = isArrayValue(value) ? value : isSetValue(value) ? value.items : undefined
  if (!items) throw new Error('usages are a list or a set')
  return items
    .filter((item) => typeof item === 'string')
    .map((item) => {
      const usage = extKeyUsageNamed(unquoted(item))
      if (usage === undefined) throw new Error('unknown usage')
      return usage
    })
}
