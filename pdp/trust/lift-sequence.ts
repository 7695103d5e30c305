/** A text without its sequence number, and the digits it had. */
export interface LiftedSequence {
  readonly text: string
  readonly digits?: string
}

// One token: a string (its closing quote optional, so that a broken text costs one pass), a mark, or anything else.
const token = /"[^"\\]*(?:\\.[^"\\]*)*"?|[{}[\],:]|[^\s"{}[\],:]+/gs

/**
 * Takes the number of the top-level member `spiffe_sequence` out of a JSON text and puts 0 in its place: it is a 64-bit
 * number (SPIFFE Trust Domain and Bundle §4.1.1), which neither a double nor a strict JSON reader can carry. The first
 * one is taken; what else is wrong, a second one included, is left for the reader of the text to refuse.
 */
export function liftSequence(text: string): LiftedSequence {
  let depth = 0
  let previous = ''
  let named = false
  for (const match of text.matchAll(token)) {
    const [found] = match
    if (named && /^[0-9]+$/.test(found)) {
      return { text: `${text.slice(0, match.index)}0${text.slice(match.index + found.length)}`, digits: found }
    }
    named = found === ':' && depth === 1 && isSequenceName(previous)
    if (found === '{' || found === '[') depth++
    else if (found === '}' || found === ']') depth--
    previous = found
  }
  return { text }
}

function isSequenceName(string: string): boolean {
  try {
    return JSON.parse(string) === 'spiffe_sequence' // a name may be written with escapes
  } catch {
    return false
  }
}
