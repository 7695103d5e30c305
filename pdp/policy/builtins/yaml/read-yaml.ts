import { isAlias, isMap, isNode, isScalar, isSeq, type Node, parseAllDocuments, Scalar } from 'yaml'
import { numberOf, type Value } from '../../value.ts'
import { formatFloat } from '../format-float.ts'
import { goText } from '../go-utf8.ts'
import { resolveScalar, type Scalar as Resolved } from './resolve-scalar.ts'
import { bareSpec } from '../format-spec.ts'

const options = {
  schema: 'failsafe', // what a scalar means is decided here
  resolveKnownTags: false,
  uniqueKeys: false,
  keepSourceTokens: true,
} as const

const mostNodes = 100_000

/**
 * Reads the first document of a YAML text as OPA does: by the rules of the Go library yaml.v2, then as JSON. Throws on
 * what is not YAML, keys that JSON cannot have, infinities, and more than 100,000 values, aliases counted each time.
 */
export function readYaml(text: string): Value {
  if (/^(?:[ \t]*(?:#.*)?\n)*\.\.\.(?:\s|$)/.test(text)) throw new Error('the end of a document that has not begun')
  const documents = parseAllDocuments(text, options)
  if (!Array.isArray(documents)) return null // an empty stream
  const [document] = documents
  if (!document) return null
  const [error] = document.errors
  if (error) throw error
  const anchors = new Map<string, unknown>()
  const within = new Set<unknown>()
  let nodes = 0

  function read(node: unknown): Value {
    if (++nodes > mostNodes) throw new RangeError('too many values')
    if (node === null || node === undefined) return null
    if (isAlias(node)) {
      const target = anchors.get(node.source)
      if (!target || within.has(target)) throw new Error('an alias of nothing, or of itself')
      within.add(target)
      const value = read(target)
      within.delete(target)
      return value
    }
    if (isNode(node) && 'anchor' in node && node.anchor !== undefined) anchors.set(node.anchor, node)
    if (isSeq(node)) return node.items.map(read)
    if (isMap(node)) return { kind: 'object', entries: [...readMap(node)] }
    if (isScalar(node)) return jsonOf(resolve(node, text))
    throw new Error('no value')
  }

  function readMap(map: { readonly items: readonly { key: unknown; value: unknown }[] }): Map<string, Value> {
    const members = new Map<string, Value>()
    for (const { key, value } of map.items) {
      if (isScalar(key) && isMerge(key)) merge(members, value)
      else members.set(keyOf(key), read(value))
    }
    return members
  }

  /** What an alias stands for; a key, or a map that is merged, may bear an anchor too. */
  function target(node: unknown): unknown {
    if (isAlias(node)) return anchors.get(node.source)
    if (isNode(node) && 'anchor' in node && node.anchor !== undefined) anchors.set(node.anchor, node)
    return node
  }

  /** Members of other maps; unlike the specification, they replace those that stand before. */
  function merge(members: Map<string, Value>, given: unknown): void {
    const from = target(given)
    const maps: readonly unknown[] = isSeq(from) && from === given ? from.items.toReversed() : [from]
    for (const one of maps) {
      const map = target(one)
      if (!isMap(map)) throw new Error('a merge of what is no map')
      if (++nodes > mostNodes || within.has(map)) throw new RangeError('a merge within itself')
      within.add(map)
      for (const [name, value] of readMap(map)) members.set(name, value)
      within.delete(map)
    }
  }

  function keyOf(key: unknown): string {
    const node = target(key)
    if (!isScalar(node)) throw new Error('a key that is no scalar')
    const scalar = resolve(node, text)
    switch (scalar.kind) {
      case 'text':
        return scalar.value
      case 'flag':
        return String(scalar.value)
      case 'float':
        return floatKey(scalar.value)
      case 'integer':
        if (scalar.value < 2n ** 63n) return String(scalar.value)
        break
      case 'null':
    }
    throw new Error('a key that JSON cannot have')
  }

  function jsonOf(scalar: Meaning): Value {
    switch (scalar.kind) {
      case 'null':
        return null
      case 'text':
      case 'flag':
        return scalar.value
      case 'integer':
        return numberOf(String(scalar.value))
      case 'float':
        if (!Number.isFinite(scalar.value)) throw new RangeError('no JSON number')
        return numberOf(Object.is(scalar.value, -0) ? '-0' : String(scalar.value))
    }
  }

  return read(document.contents satisfies Node | null)
}

type Meaning = Exclude<Resolved, { kind: 'timestamp' }>

const isMerge = ({ value, type, tag }: Scalar): boolean =>
  value === '<<' && (tag === 'tag:yaml.org,2002:merge' || (type === Scalar.PLAIN && tag === undefined))

/** A quoted scalar is text, a plain one what it looks like; a tag says what it must be. A timestamp stays text. */
function resolve(node: Scalar, source: string): Meaning {
  const text = textOf(node, source)
  const tag = node.tag?.replace(/^tag:yaml.org,2002:/, '!!')
  if (tag === '!!binary') return { kind: 'text', value: decodeBinary(text) }
  const plain = node.type === Scalar.PLAIN || node.value === null
  if (tag === '!!str' || (tag === undefined && !plain)) return { kind: 'text', value: text }
  const kind = tag === undefined ? undefined : kindOfTag.get(tag)
  if (tag !== undefined && kind === undefined) return { kind: 'text', value: text } // a tag of somebody's own
  const scalar = resolveScalar(text)
  if (kind === 'float' && scalar.kind === 'integer') return { kind, value: Number(scalar.value) }
  if (kind !== undefined && scalar.kind !== kind) throw new Error('not what its tag says')
  return scalar.kind === 'timestamp' ? { kind: 'text', value: text } : scalar
}

function textOf({ value, type, range, srcToken }: Scalar, source: string): string {
  const text = typeof value === 'string' ? value : ''
  const raw = srcToken !== undefined && 'source' in srcToken ? srcToken.source : ''
  if (type === Scalar.QUOTE_DOUBLE && /^"(?:[^\\]|\\[^])*?\\\//.test(raw)) throw new Error('an escape of YAML 1.2')
  // a block that the end of the text cuts off has no last line break to keep
  const cut = (type === Scalar.BLOCK_LITERAL || type === Scalar.BLOCK_FOLDED) && range?.[1] === source.length
  return cut && !/[\r\n]$/.test(source) ? text.replace(/\n$/, '') : text
}

const kindOfTag = new Map<string, Resolved['kind']>([
  ['!!bool', 'flag'],
  ['!!int', 'integer'],
  ['!!float', 'float'],
  ['!!null', 'null'],
  ['!!timestamp', 'timestamp'],
])

function decodeBinary(text: string): string {
  const digits = text.replaceAll(/[\r\n]/g, '')
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(digits)) throw new Error('not base64')
  return goText(Buffer.from(digits, 'base64'))
}

/** Keys are written with the digits of a float32. */
function floatKey(value: number): string {
  if (Number.isNaN(value)) return '.nan'
  const near = Math.fround(value)
  if (!Number.isFinite(near)) return near > 0 ? '.inf' : '-.inf'
  const digits = Array.from({ length: 9 }, (_, i) => near.toPrecision(i + 1))
  const short = digits.find((text) => Math.fround(Number(text)) === near)
  return formatFloat(Number(short ?? near), 'g', bareSpec) ?? ''
}
