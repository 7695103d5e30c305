import { setOf } from '../value.ts'
import type { Builtin } from './builtin.ts'
import { firstOf, readCidr } from './cidr.ts'
import { ipText } from './ip-address.ts'

const mostHostBits = 16

/**
 * `net.cidr_expand`: the set of all addresses of a network. Undefined where there are more than 65,536 of them: OPA has
 * no such limit and goes on until its query is cancelled.
 */
export const netCidrExpand: Builtin = {
  name: 'net.cidr_expand',
  call(text) {
    const cidr = typeof text === 'string' ? readCidr(text) : undefined
    if (!cidr) return undefined
    const hostBits = cidr.address.length * 8 - cidr.prefix
    if (hostBits > mostHostBits) return undefined
    const first = firstOf(cidr)
    return setOf(...Array.from({ length: 2 ** hostBits }, (_, i) => ipText(plus(first, i))))
  },
}

// at most the last two bytes change: the network begins at a multiple of its size
const plus = (address: readonly number[], offset: number): readonly number[] => [
  ...address.slice(0, -2),
  (address.at(-2) ?? 0) | (offset >> 8),
  (address.at(-1) ?? 0) | (offset & 0xff),
]
