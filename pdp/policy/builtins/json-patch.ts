import { compareValues } from '../compare-values.ts'
import { isArrayValue, isNumberValue, isObjectValue, isSetValue, numberText, setOf, type Value } from '../value.ts'
import type { Builtin } from './builtin.ts'

/**
 * `json.patch`: RFC 6902 as OPA widens it: paths may also be lists of keys of any type, and lead into sets, whose items
 * are their own keys. Undefined where an operation does not fit.
 */
export const jsonPatch: Builtin = {
  name: 'json.patch',
  call(target, operations) {
    if (target === undefined || !isArrayValue(operations)) return undefined
    let document: Value | undefined = target
    for (const operation of operations) document = apply(document, readOperation(operation))
    return document
  },
}

type Path = readonly Value[]

interface Operation {
  readonly op: string
  readonly path: Path
  readonly from: () => Path
  readonly value: () => Value
}

function readOperation(given: Value): Operation {
  if (!isObjectValue(given)) throw new Error('an operation is an object')
  const { entries } = given
  function need(name: string): Value {
    const member = entries.find(([key]) => key === name)
    if (!member) throw new Error(`${name} is missing`)
    return member[1]
  }
  const path = readPath(need('path'))
  const op = need('op')
  if (typeof op !== 'string') throw new Error('op is a string')
  return { op, path, from: () => readPath(need('from')), value: () => need('value') }
}

function readPath(path: Value): Path {
  if (isArrayValue(path)) return path
  if (typeof path !== 'string') throw new Error('a path is a string or a list')
  if (path === '') return []
  const segments = path.replace(/^\/+/, '').split('/')
  return segments.map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function apply(document: Value | undefined, { op, path, from, value }: Operation): Value | undefined {
  switch (op) {
    case 'add':
      return put(document, path, value())
    case 'remove':
      return cut(document, path)
    case 'replace':
      return put(cut(document, path), path, value())
    case 'move': {
      const moved = at(document, from())
      return put(cut(document, from()), path, moved)
    }
    case 'copy':
      return put(document, path, at(document, from()))
    case 'test':
      if (compareValues(at(document, path), value()) !== 0) throw new Error('a test failed')
      return document
  }
  throw new Error('an unknown operation')
}

function at(document: Value | undefined, path: Path): Value {
  let found = document
  for (const key of path) found = found === undefined ? undefined : childOf(found, key)
  if (found === undefined) throw new Error('no such path')
  return found
}

function childOf(parent: Value, key: Value): Value | undefined {
  if (isArrayValue(parent)) return parent[indexOf(parent, key)]
  if (isSetValue(parent)) return parent.items.find((item) => compareValues(item, key) === 0)
  if (!isObjectValue(parent)) throw new Error('no way into a scalar')
  return parent.entries.find(([name]) => compareValues(name, key) === 0)?.[1]
}

/** With a value at a path: new in a list, where later items move up, and new or another one elsewhere. */
function put(document: Value | undefined, path: Path, value: Value): Value {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (document === undefined) throw new Error('nothing to add to')
  if (rest.length > 0) return withChild(document, key, put(at(document, [key]), rest, value))
  if (isArrayValue(document)) {
    const index = indexOf(document, key)
    if (index < 0 || index > document.length) throw new Error('out of bounds')
    return document.toSpliced(index, 0, value)
  }
  if (isSetValue(document)) {
    if (compareValues(key, value) !== 0) throw new Error('an item of a set is its own key')
    return setOf(...document.items.filter((item) => compareValues(item, value) !== 0), value)
  }
  return withChild(document, key, value)
}

/** Without what is at a path; undefined where that is the whole. */
function cut(document: Value | undefined, path: Path): Value | undefined {
  const [key, ...rest] = path
  const there = at(document, path.slice(0, 1))
  if (key === undefined || document === undefined) return undefined
  if (rest.length === 0) return withoutChild(document, key)
  const child = cut(there, rest)
  return child === undefined ? undefined : withChild(document, key, child)
}

/** With another child in the place of one that is there, or a new member of an object. */
function withChild(parent: Value, key: Value, child: Value): Value {
  if (isArrayValue(parent)) return parent.with(indexOf(parent, key), child)
  const others = withoutChild(parent, key)
  if (isSetValue(others)) return setOf(...others.items.filter((item) => compareValues(item, child) !== 0), child)
  if (!isObjectValue(others)) throw new Error('no way into a scalar')
  return { kind: 'object', entries: [...others.entries, [key, child]] }
}

function withoutChild(parent: Value, key: Value): Value {
  if (isArrayValue(parent)) return parent.toSpliced(indexOf(parent, key), 1)
  if (isSetValue(parent)) return setOf(...parent.items.filter((item) => compareValues(item, key) !== 0))
  if (!isObjectValue(parent)) throw new Error('no way into a scalar')
  return { kind: 'object', entries: parent.entries.filter(([name]) => compareValues(name, key) !== 0) }
}

/** An index by number or text; `-` is the place behind the last item. */
function indexOf({ length }: readonly Value[], key: Value): number {
  if (key === '-') return length
  const text = isNumberValue(key) ? numberText(key) : key
  if (typeof text !== 'string' || !/^[+-]?\d{1,15}$/.test(text)) throw new Error('no index')
  if (typeof key === 'string' && key !== '0' && key.startsWith('0')) throw new Error('leading zeros')
  return Number(text)
}
