/** In which styles a text can be written (libyaml, yaml_emitter_analyze_scalar). */
export interface ScalarAnalysis {
  readonly multiline: boolean
  readonly plain: boolean
  readonly singleQuoted: boolean
  readonly literal: boolean
}

const lineBreak = /[\r\n\u0085\u2028\u2029]/
const startIndicator = /^(?:[#,[\]{}&*!|>'"%@`]|[?:-](?:[ \t]|$)|---|\.\.\.)/
const innerIndicator = /.:(?:[ \t]|$)|[ \t\r\n\u0085\u2028\u2029]#/s

export const isLineBreak = (character: string): boolean => lineBreak.test(character)

/** What need not be escaped; nothing beyond the basic plane is printable to the library. */
export function isPrintable(character: string): boolean {
  const code = character.codePointAt(0) ?? 0
  if (code < 0xa0) return code === 0x0a || (code >= 0x20 && code <= 0x7e)
  return code <= 0xfffd && code !== 0xfeff
}

export function analyseScalar(text: string): ScalarAnalysis {
  if (text === '') return { multiline: false, plain: true, singleQuoted: true, literal: false }
  const multiline = lineBreak.test(text)
  const special = !Array.from(text).every(isPrintable) || / [\r\n\u0085\u2028\u2029]/.test(text)
  const breakSpace = /[\r\n\u0085\u2028\u2029] /.test(text)
  const edges = /^[ \r\n\u0085\u2028\u2029]|[ \r\n\u0085\u2028\u2029]$/.test(text)
  const indicators = startIndicator.test(text) || innerIndicator.test(text)
  return {
    multiline,
    plain: !edges && !multiline && !special && !indicators,
    singleQuoted: !breakSpace && !special,
    literal: !special && !text.endsWith(' '),
  }
}
