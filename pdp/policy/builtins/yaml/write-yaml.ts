import { compareValues, sortValues } from '../../compare-values.ts'
import { isArrayValue, isNumberValue, isObjectValue, isSetValue, numberText, type Value } from '../../value.ts'
import { formatFloat } from '../format-float.ts'
import { trimEnd } from '../trim-end.ts'
import { writeGoJson } from '../write-go-json.ts'
import { analyseScalar, type ScalarAnalysis } from './analyse-scalar.ts'
import { compareKeys } from './compare-keys.ts'
import { resolveScalar } from './resolve-scalar.ts'
import { createYamlText, type YamlText } from './yaml-text.ts'
import { bareSpec } from '../format-spec.ts'

/** Where a node stands: in a mapping, and there as a key that fits on one line. */
interface Place {
  readonly mapping: boolean
  readonly simpleKey: boolean
}

const longestSimpleKey = 128
const sixty = /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/
// The library is handed the value as JSON, and reads that as YAML: it refuses these characters,
const unreadable = /[\x7f-\x9f\ufffe\uffff]/
// and folds the line break of YAML 1.1 that JSON does not escape.
function folded(text: string): string {
  if (!text.includes('\u0085')) return text
  const [first = '', ...rest] = text.split('\u0085')
  let out = first
  let breaks = 0
  for (const piece of rest) {
    const line = piece.replace(/^[ \t]+/, '')
    breaks++
    if (line === '') continue
    out = trimEnd(out, ' \t') + (breaks === 1 ? ' ' : '\n'.repeat(breaks - 1)) + line
    breaks = 0
  }
  return breaks === 0 ? out : trimEnd(out, ' \t') + (breaks === 1 ? ' ' : '\n'.repeat(breaks - 1))
}

/** A value as OPA writes it in YAML, through JSON and the Go library yaml.v2: block style, lines folded beyond 80. */
export function writeYaml(value: Value): string {
  const out = createYamlText()
  writeNode(out, value, { mapping: false, simpleKey: false })
  return out.end()
}

function writeNode(out: YamlText, value: Value, place: Place): void {
  if (isObjectValue(value)) writeMapping(out, membersOf(value.entries))
  else if (isSetValue(value)) writeSequence(out, sortValues(value.items), place)
  else if (isArrayValue(value)) writeSequence(out, value, place)
  else if (typeof value === 'string') writeText(out, value, place)
  else out.plain(isNumberValue(value) ? numberOf(numberText(value)) : String(value), !place.simpleKey)
}

function membersOf(entries: readonly (readonly [Value, Value])[]): readonly (readonly [string, Value])[] {
  const members = new Map<string, Value>()
  for (const [key, item] of entries.toSorted(([a], [b]) => compareValues(a, b)))
    members.set(typeof key === 'string' ? key : writeGoJson(key), item)
  return [...members].sort(([a], [b]) => compareKeys(a, b))
}

function writeMapping(out: YamlText, members: readonly (readonly [string, Value])[]): void {
  if (members.length === 0) {
    out.indicator('{', { space: true, spaceAfter: true })
    out.indicator('}', {})
    return
  }
  out.indent('mapping')
  for (const [name, item] of members) {
    out.line()
    const simple = !analyseScalar(name).multiline && Buffer.byteLength(name) <= longestSimpleKey
    if (!simple) out.indicator('?', { space: true, keepsIndention: true })
    writeText(out, name, { mapping: true, simpleKey: simple })
    if (!simple) out.line()
    out.indicator(':', simple ? {} : { space: true, keepsIndention: true })
    writeNode(out, item, { mapping: true, simpleKey: false })
  }
  out.unindent()
}

function writeSequence(out: YamlText, items: readonly Value[], { mapping }: Place): void {
  if (items.length === 0) {
    out.indicator('[', { space: true, spaceAfter: true })
    out.indicator(']', {})
    return
  }
  out.indent(mapping ? 'sequence in mapping' : 'sequence')
  for (const item of items) {
    out.line()
    out.indicator('-', { space: true, keepsIndention: true })
    writeNode(out, item, { mapping: false, simpleKey: false })
  }
  out.unindent()
}

function writeText(out: YamlText, given: string, { simpleKey }: Place): void {
  const text = folded(given)
  if (unreadable.test(text)) throw new Error('a character that YAML does not take')
  const style = styleOf(text, analyseScalar(text), simpleKey)
  out.indent('scalar')
  if (style === 'literal') out.literal(text)
  else out[style](text, !simpleKey)
  out.unindent()
}

type Style = 'plain' | 'single' | 'double' | 'literal'

function styleOf(text: string, can: ScalarAnalysis, simpleKey: boolean): Style {
  if (text.includes('\n')) return can.literal && !simpleKey ? 'literal' : 'double'
  if (resolveScalar(text).kind !== 'text' || sixty.test(text) || (simpleKey && can.multiline)) return 'double'
  if (can.plain) return 'plain'
  return can.singleQuoted ? 'single' : 'double'
}

/** A number in the spelling of Go: integers in decimal, floats in their shortest form. */
function numberOf(text: string): string {
  const scalar = resolveScalar(text)
  if (scalar.kind === 'integer') return String(scalar.value)
  return scalar.kind === 'float' ? (formatFloat(scalar.value, 'g', bareSpec) ?? text) : text
}
