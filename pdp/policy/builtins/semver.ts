/** A version as OPA reads it: a leading `v` and leading zeros pass. */
export interface Semver {
  readonly numbers: readonly [bigint, bigint, bigint]
  /** Its identifiers; none where there is no pre-release. */
  readonly preRelease: readonly string[]
}

const maximum = 2n ** 63n - 1n
const pattern =
  /^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)?$/

/** Undefined for what is no version, and for numbers that 64 bits cannot hold. */
export function readSemver(text: string): Semver | undefined {
  const [, major, minor, patch, preRelease] = pattern.exec(text) ?? []
  if (major === undefined || minor === undefined || patch === undefined) return undefined
  const numbers = [BigInt(major), BigInt(minor), BigInt(patch)] as const
  if (numbers.some((number) => number > maximum)) return undefined
  return { numbers, preRelease: preRelease?.split('.') ?? [] }
}

/** Which version comes first, by https://semver.org/#spec-item-11: -1, 0 or 1. */
export function compareSemver(a: Semver, b: Semver): -1 | 0 | 1 {
  for (const [i, number] of a.numbers.entries()) {
    const order = compare(number, b.numbers[i] ?? 0n)
    if (order !== 0) return order
  }
  if (a.preRelease.length === 0 || b.preRelease.length === 0) {
    return compare(Math.min(b.preRelease.length, 1), Math.min(a.preRelease.length, 1))
  }
  return comparePreRelease(a.preRelease, b.preRelease)
}

function comparePreRelease(a: readonly string[], b: readonly string[]): -1 | 0 | 1 {
  for (const [i, identifier] of a.entries()) {
    const other = b[i]
    if (other === undefined) return 1
    const order = compareIdentifiers(identifier, other)
    if (order !== 0) return order
  }
  // where all are equal as numbers but not as texts (`1` and `01`), OPA never ends
  return a.length < b.length ? -1 : 0
}

function compareIdentifiers(a: string, b: string): -1 | 0 | 1 {
  const [x, y] = [numberOf(a), numberOf(b)]
  if (x !== undefined && y !== undefined) return compare(x, y)
  if (x !== undefined) return -1
  return y === undefined ? compare(a, b) : 1
}

/** Go cuts off what is too large. */
function numberOf(identifier: string): bigint | undefined {
  if (!/^\d+$/.test(identifier)) return undefined
  const number = BigInt(identifier)
  return number > maximum ? maximum : number
}

const compare = <T extends bigint | number | string>(a: T, b: T): -1 | 0 | 1 => (a < b ? -1 : a > b ? 1 : 0)
