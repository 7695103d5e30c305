import { isArrayValue, isObjectValue, isSetValue, setOf, type Value } from '../value.ts'
import type { Builtin } from './builtin.ts'
import { type Cidr, firstOf, holds, lastOf, readCidr } from './cidr.ts'
import { type IpBytes, readIp } from './ip-address.ts'

/**
 * `net.cidr_contains_matches`: pairs of the keys of networks and of networks or addresses that they hold. Each operand
 * is a text (its own key), a list (keyed by index), a set (keyed by item) or an object; an entry is a text or a list
 * that begins with one. Undefined if an entry is not.
 */
export const netCidrContainsMatches: Builtin = {
  name: 'net.cidr_contains_matches',
  call(networks, addresses) {
    const [outer, inner] = [entriesOf(networks), entriesOf(addresses)]
    if (outer === undefined) return undefined
    if (outer.length === 0) return setOf() // the other operand is not even looked at
    if (inner === undefined) return undefined
    if (inner.length === 0) return setOf()
    const wide = outer.map(({ key, text }) => ({ key, cidr: textOf(text, readCidr) }))
    const narrow = inner.map(({ key, text }) => ({ key, bounds: textOf(text, boundsOf) }))
    const pairs: Value[] = []
    for (const { key, cidr } of wide) {
      for (const { key: other, bounds } of narrow) {
        if (!cidr || !bounds) return undefined
        if (bounds.every((address) => holds(cidr, address))) pairs.push([key, other])
      }
    }
    return setOf(...pairs)
  },
}

interface Entry {
  readonly key: Value
  readonly item: Value
}

interface Named {
  readonly key: Value
  readonly text: Value
}

/** Undefined where an item is neither a text nor a list with anything in it. */
function entriesOf(value: Value | undefined): readonly Named[] | undefined {
  const entries: Named[] = []
  for (const { key, item } of keyed(value)) {
    const text = isArrayValue(item) ? item[0] : typeof item === 'string' ? item : undefined
    if (text === undefined) return undefined
    entries.push({ key, text })
  }
  return entries
}

function keyed(value: Value | undefined): readonly Entry[] {
  if (typeof value === 'string') return [{ key: value, item: value }]
  if (isArrayValue(value)) return value.map((item, key) => ({ key, item }))
  if (isSetValue(value)) return value.items.map((item) => ({ key: item, item }))
  return isObjectValue(value) ? value.entries.map(([key, item]) => ({ key, item })) : []
}

const textOf = <T>(text: Value, read: (text: string) => T | undefined): T | undefined =>
  typeof text === 'string' ? read(text) : undefined

/** An address, or the first and the last of a network. */
function boundsOf(text: string): readonly IpBytes[] | undefined {
  const address = readIp(text)
  if (address) return [address]
  const cidr: Cidr | undefined = readCidr(text)
  return cidr && [firstOf(cidr), lastOf(cidr)]
}
