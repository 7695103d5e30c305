const letter = /\p{L}/u
const digit = /\p{Nd}/u

/** The order in which the Go library yaml.v2 writes keys: letters behind what is none, digits by their number. */
export function compareKeys(a: string, b: string): number {
  const [x, y] = [Array.from(a), Array.from(b)]
  const at = x.findIndex((character, i) => character !== y[i])
  if (at < 0 || at >= y.length) return x.length - y.length
  const [first = '', second = ''] = [x[at], y[at]]
  const order = codeOf(first) - codeOf(second)
  const letters = [letter.test(first), letter.test(second)]
  if (letters[0] && letters[1]) return order
  if (letters[0] || letters[1]) return letters[1] ? -1 : 1
  const started = first === '0' || second === '0' ? digitsBefore(x, at) : 0n
  const [m, n] = [numberAt(x, at, started), numberAt(y, at, started)]
  if (m.value !== n.value) return m.value < n.value ? -1 : 1
  return m.end - n.end || order
}

const codeOf = (character: string): number => character.codePointAt(0) ?? 0

/** 1 where a digit other than zero stands right before: then zeros count. */
function digitsBefore(text: readonly string[], at: number): bigint {
  for (let i = at - 1; i >= 0 && digit.test(text[i] ?? ''); i--) if (text[i] !== '0') return 1n
  return 0n
}

function numberAt(
  text: readonly string[],
  at: number,
  started: bigint,
): { readonly value: bigint; readonly end: number } {
  let value = started
  let end = at
  for (; end < text.length && digit.test(text[end] ?? ''); end++)
    value = BigInt.asIntN(64, value * 10n + BigInt(codeOf(text[end] ?? '0') - 0x30))
  return { value, end }
}
