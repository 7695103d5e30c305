/** A text such as `1.5e3Gi`, cut where the unit begins. */
export interface Amount {
  readonly number: string
  readonly unit: string
}

const mostExponentDigits = 6

/**
 * Cuts as OPA does: `e` begins an exponent if a digit or a sign follows. Undefined where the number is empty, a space
 * occurs, or an exponent has more than six digits.
 */
export function readAmount(text: string): Amount | undefined {
  if (text.includes(' ')) return undefined
  let at = 0
  for (; at < text.length; at++) {
    const character = text.charAt(at)
    if (!/[\d.eE+-]/.test(character)) break
    if (!/[eE]/.test(character)) continue
    const exponent = /^[eE](?:[+-](\d*)|(\d+))/.exec(text.slice(at, at + mostExponentDigits + 3))
    if (!exponent) break
    if ((exponent[1] ?? exponent[2] ?? '').length > mostExponentDigits) return undefined
    if (exponent[1] !== undefined) at++ // the sign belongs to it
  }
  return at === 0 ? undefined : { number: text.slice(0, at), unit: text.slice(at) }
}

/** Go's strings.ToLower, as far as units go: it has no İ of two characters. */
export const lowerUnit = (text: string): string => text.replaceAll('\u0130', 'i').toLowerCase()
