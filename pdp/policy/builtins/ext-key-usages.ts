/** Extended key usages in the order of Go's numbers for them, with the names OPA has for them in options. */
const rows: readonly (readonly [oid: string, option: string])[] = [
  ['2.5.29.37.0', 'KeyUsageAny'],
  ['1.3.6.1.5.5.7.3.1', 'KeyUsageServerAuth'],
  ['1.3.6.1.5.5.7.3.2', 'KeyUsageClientAuth'],
  ['1.3.6.1.5.5.7.3.3', 'KeyUsageCodeSigning'],
  ['1.3.6.1.5.5.7.3.4', 'KeyUsageEmailProtection'],
  ['1.3.6.1.5.5.7.3.5', 'KeyUsageIPSECEndSystem'],
  ['1.3.6.1.5.5.7.3.6', 'KeyUsageIPSECTunnel'],
  ['1.3.6.1.5.5.7.3.7', 'KeyUsageIPSECUser'],
  ['1.3.6.1.5.5.7.3.8', 'KeyUsageTimeStamping'],
  ['1.3.6.1.5.5.7.3.9', 'KeyUsageOCSPSigning'],
  ['1.3.6.1.4.1.311.10.3.3', 'KeyUsageMicrosoftServerGatedCrypto'],
  ['2.16.840.1.113730.4.1', 'KeyUsageNetscapeServerGatedCrypto'],
  ['1.3.6.1.4.1.311.2.1.22', 'KeyUsageMicrosoftCommercialCodeSigning'],
  ['1.3.6.1.4.1.311.61.1.1', 'KeyUsageMicrosoftKernelCodeSigning'],
]

/** Go's number of an extended key usage by its OID; undefined if it has none. */
export function extKeyUsageOf(oid: string): number | undefined {
  const usage = rows.findIndex(([known]) => known === oid)
  return usage < 0 ? undefined : usage
}

/** Go's number of an extended key usage by OPA's name for it; undefined if it has none. */
export function extKeyUsageNamed(option: string): number | undefined {
  const usage = rows.findIndex(([, known]) => known === option)
  return usage < 0 ? undefined : usage
}

export const anyUsage = 0
export const serverAuth = 1
