import type { Certificate } from './certificate.ts'
import { anyUsage } from './ext-key-usages.ts'

/** Whether every certificate that names usages allows one and the same of those wanted (Go's `checkChainForKeyUsage`). */
export function allowsUsage(chain: readonly Certificate[], wanted: readonly number[]): boolean {
  let left = wanted
  for (const { facts } of chain) {
    const names = facts.extKeyUsages
    if ((names.length === 0 && facts.unknownExtKeyUsages.length === 0) || names.includes(anyUsage)) continue
    left = left.filter((usage) => names.includes(usage))
    if (left.length === 0) return false
  }
  return true
}
