import { canBackquote, goQuote } from './go-quote.ts'
import { type FormatSpec, pad } from './format-spec.ts'

/** Formats a string under a verb; undefined if Go has no such verb for strings. */
export function formatText(text: string, verb: string, spec: FormatSpec): string | undefined {
  switch (verb) {
    case 's':
    case 'v':
      return pad(cut(text, spec), spec)
    case 'q': {
      const quoted = cut(text, spec)
      if (spec.sharp && canBackquote(quoted)) return pad(`\`${quoted}\``, spec)
      return pad(goQuote(quoted, '"', spec.plus), spec)
    }
    case 'x':
    case 'X':
      return hexText(text, verb, spec)
  }
  return undefined
}

const cut = (text: string, { precision }: FormatSpec): string =>
  precision === undefined ? text : Array.from(text).slice(0, precision).join('')

function hexText(text: string, verb: 'x' | 'X', spec: FormatSpec): string {
  const bytes = Buffer.from(text).subarray(0, spec.precision)
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'))
  const prefix = spec.sharp && digits.length > 0 ? '0x' : ''
  const joined = prefix + digits.join(spec.space ? ` ${prefix}` : '')
  return pad(verb === 'X' ? joined.toUpperCase() : joined, spec)
}
