import { bareSpec, type FormatSpec } from './format-spec.ts'

/** An operand of sprintf by the Go type that it has there. */
export type Operand =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'int64'; readonly value: bigint }
  | { readonly type: '*big.Int'; readonly value: bigint }
  | { readonly type: 'float64'; readonly value: number }

type FormatOperand = (operand: Operand, verb: string, spec: FormatSpec) => string

const maximumNumber = 1e6
const maximumLength = 1_048_576
/**
 * Go's doPrintf (fmt/print.go): flags, `[n]` indexes, widths and precisions, `*` among them, and its texts for what is
 * wrong. Throws where the result would be longer than 1 MiB.
 */
export function readFormat(format: string, operands: readonly Operand[], write: FormatOperand): string {
  let out = ''
  let at = 0
  let operand = 0
  let reordered = false
  let goodIndex = true
  let afterIndex = false

  function readIndex(): void {
    if (format[at] !== '[') {
      afterIndex = false
      return
    }
    reordered = true
    const close = format.length - at < 3 ? -1 : format.indexOf(']', at + 1) // Go wants three bytes to look at all
    const digits = close < 0 ? '' : format.slice(at + 1, close)
    const index = numberOf(digits)
    afterIndex = index !== undefined && close - at >= 2
    if (close < 0) at++
    else at = close + 1
    if (index !== undefined && index >= 1 && index <= operands.length) operand = index - 1
    else goodIndex = false
  }

  /** A `*`: the next operand as a number, or undefined if it is none. */
  function starred(): number | undefined {
    at++
    afterIndex = false
    const next = operands[operand]
    if (next) operand++
    const value = next?.type === 'int64' ? Number(next.value) : undefined
    return value !== undefined && Math.abs(value) <= maximumNumber ? value : undefined
  }

  function readWidth(spec: FormatSpec): FormatSpec {
    if (format[at] !== '*') {
      const width = digitsHere()
      if (afterIndex && width !== undefined) goodIndex = false
      return { ...spec, width }
    }
    const width = starred()
    if (width === undefined) out += '%!(BADWIDTH)'
    return width !== undefined && width < 0 ? { ...spec, width: -width, minus: true, zero: false } : { ...spec, width }
  }

  function readPrecision(spec: FormatSpec): FormatSpec {
    if (format[at] !== '.' || at + 1 >= format.length) return spec
    at++
    if (afterIndex) goodIndex = false
    readIndex()
    if (format[at] !== '*') return { ...spec, precision: digitsHere() ?? 0 }
    const precision = starred()
    const good = precision !== undefined && precision >= 0
    if (!good) out += '%!(BADPREC)'
    return { ...spec, precision: good ? precision : undefined }
  }

  function digitsHere(): number | undefined {
    const digits = /\d*/y
    digits.lastIndex = at
    const text = digits.exec(format)?.[0] ?? ''
    const number = numberOf(text)
    at = text !== '' && number === undefined ? format.length : at + text.length // Go gives up on a number too large
    return number
  }

  /** Under %v the flag # asks for Go syntax and + for field names: a string is quoted, a number is as it is. */
  function inGoSyntax(given: Operand, verb: string, spec: FormatSpec): string {
    const asked = { ...spec, sharp: false, plus: given.type === '*big.Int' && spec.plus }
    const text = write(given, spec.sharp && given.type === 'string' ? 'q' : 'v', asked)
    if (verb === 'v') return text
    if (given.type === '*big.Int') throw new Error('what Go prints of its inside has no fixed text')
    return `%!w(${given.type}=${text})` // only errors are wrapped
  }

  while (at < format.length) {
    if (out.length > maximumLength) throw new RangeError('a formatted text of more than 1 MiB')
    const percent = format.indexOf('%', at)
    if (percent < 0) {
      out += format.slice(at)
      break
    }
    out += format.slice(at, percent)
    at = percent + 1
    goodIndex = true
    let spec: FormatSpec = bareSpec
    for (; flags[format[at] ?? '']; at++) spec = { ...spec, ...flags[format[at] ?? ''] }
    const simple = /[a-z]/.test(format[at] ?? '') && operand < operands.length
    if (!simple) {
      readIndex()
      spec = readPrecision(readWidth(spec))
      if (!afterIndex) readIndex()
    }
    const verb = String.fromCodePoint(format.codePointAt(at) ?? 0)
    if (at >= format.length) {
      out += '%!(NOVERB)'
      break
    }
    at += verb.length
    const given = operands[operand]
    if (verb === '%') out += '%'
    else if (!goodIndex) out += `%!${verb}(BADINDEX)`
    else if (!given) out += `%!${verb}(MISSING)`
    else {
      out += isGoSyntax(verb) ? inGoSyntax(given, verb, spec) : write(given, verb, spec)
      operand++
    }
  }
  const left = reordered ? [] : operands.slice(operand)
  const extra = left.map((given) => `${given.type}=${write(given, 'v', bareSpec)}`).join(', ')
  return extra === '' ? out : `${out}%!(EXTRA ${extra})`
}

const flags: Readonly<Record<string, Partial<FormatSpec>>> = {
  '#': { sharp: true },
  '0': { zero: true },
  '+': { plus: true },
  '-': { minus: true },
  ' ': { space: true },
}

const isGoSyntax = (verb: string): boolean => verb === 'v' || verb === 'w'

/** Decimal digits as a number; undefined for none, and for one beyond what Go takes. */
function numberOf(digits: string): number | undefined {
  if (!/^\d+$/.test(digits)) return undefined
  let number = 0
  for (const digit of digits) {
    if (number > maximumNumber) return undefined
    number = number * 10 + Number(digit)
  }
  return number
}
