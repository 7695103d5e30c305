import { clauses } from '../core/clause.ts'
import { type DerReader, derTags } from './der.ts'
import { readBitString, readBoolean, readInteger, readOid } from './der-values.ts'
import type { ExtensionRow, Extensions } from './extensions.ts'

export const usageExtensionClauses = clauses({
  keyUsage: 'rfc5280-4.2.1.3-key-usage',
  extendedKeyUsage: 'rfc5280-4.2.1.12-extended-key-usage',
  basicConstraints: 'rfc5280-4.2.1.9-basic-constraints',
})

/** Extensions that say what the key may be used for. */
export const usageExtensions: readonly ExtensionRow[] = [
  { id: '2.5.29.15', clause: usageExtensionClauses.keyUsage, processed: true, read: readKeyUsage },
  { id: '2.5.29.37', clause: usageExtensionClauses.extendedKeyUsage, processed: true, read: readPurposes },
  { id: '2.5.29.19', clause: usageExtensionClauses.basicConstraints, processed: true, read: readBasicConstraints },
]

/** Purposes of an extended key usage (RFC 5280 §4.2.1.12). */
export const purposes = {
  any: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const

/** Bits of a key usage in their order. */
const usages: readonly string[] = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
]

function readKeyUsage(der: DerReader, critical: boolean): Partial<Extensions> {
  const { bytes, unused } = readBitString(der)
  const bits = bytes.length * 8 - unused
  // X.690 §11.2.2: no zero bits at the end of a list of named bits; RFC 5280 §4.2.1.3: at least one is set
  const last = bits - 1
  if (last < 0 || !isSet(bytes, last) || bits > usages.length) throw new Error('key usage has no or too many bits')
  const all = usages.filter((_, bit) => isSet(bytes, bit))
  return {
    keyUsage: {
      critical,
      digitalSignature: all.includes('digitalSignature'),
      keyCertSign: all.includes('keyCertSign'),
      crlSign: all.includes('cRLSign'),
      all,
    },
  }
}

const isSet = (bytes: Buffer, bit: number): boolean => (((bytes[bit >> 3] ?? 0) << (bit & 7)) & 0x80) !== 0

function readPurposes(der: DerReader, critical: boolean): Partial<Extensions> {
  const list = der.enter(derTags.sequence)
  const found: string[] = []
  do found.push(readOid(list))
  while (!list.isEmpty())
  return { extendedKeyUsage: { critical, purposes: found } }
}

const maximumPathLength = 255n

function readBasicConstraints(der: DerReader, critical: boolean): Partial<Extensions> {
  const fields = der.enter(derTags.sequence)
  const isCa = fields.isNext(derTags.boolean)
  // DEFAULT FALSE is absent in DER
  if (isCa && !readBoolean(fields)) throw new Error('default value is written out')
  if (fields.isEmpty()) return { basicConstraints: { critical, isCa } }
  const pathLength = readInteger(fields)
  // §4.2.1.9: a path length only where cA is asserted
  if (!isCa || pathLength < 0n || !fields.isEmpty()) throw new Error('bad path length')
  const bounded = pathLength < maximumPathLength ? pathLength : maximumPathLength // no path is longer
  return { basicConstraints: { critical, isCa, pathLength: Number(bounded) } }
}
