import { isArrayValue, type ObjectValue, type Value } from '../value.ts'

/** What OPA reads of a token's header; texts are empty where the header has no such member. */
export interface TokenHeader {
  readonly alg: string
  readonly kid: string
  readonly cty: string
  /** Without a member that is critical and not understood, and with an algorithm (RFC 7515 §4.1.1, §4.1.11). */
  readonly isValid: boolean
}

const understood = ['alg', 'kid', 'typ', 'cty', 'crit']

/** Reads a header's members; throws where one has the wrong type. */
export function readTokenHeader(header: ObjectValue): TokenHeader {
  const texts: Record<string, string> = {}
  let critical: readonly Value[] = []
  for (const [name, value] of header.entries) {
    if (name === 'crit') critical = readCritical(value)
    else if (typeof name !== 'string' || !understood.includes(name)) continue
    else if (typeof value !== 'string') throw new Error('a header member that is no string')
    else texts[name] = value
  }
  const isNotUnderstood = (name: Value) =>
    typeof name === 'string' && !understood.includes(name) && header.entries.some(([key]) => key === name)
  const { alg = '', kid = '', cty = '' } = texts
  return { alg, kid, cty, isValid: alg !== '' && !critical.some(isNotUnderstood) }
}

/** The names up to the first item that is none, as OPA; at least one. */
function readCritical(value: Value): readonly Value[] {
  if (!isArrayValue(value)) throw new Error('`crit` is not a list')
  const end = value.findIndex((name) => typeof name !== 'string')
  const names = end < 0 ? value : value.slice(0, end)
  if (names.length === 0) throw new Error('`crit` names nothing')
  return names
}
