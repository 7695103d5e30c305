import { isArray, isObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import { readLine, textsAt } from '../export/stored-line.ts'

/**
 * Makes the mask of a sink: members at JSON pointers (RFC 6901; `*` stands for any item of a list) are taken out of a
 * line, which then says so in `erased`. What identifies a record stays. A line that is no record is not handed on.
 */
export function createMemberMask(pointers: readonly string[]): (line: string) => string {
  if (pointers.length === 0) return (line) => line
  const paths = pointers.map((pointer) => ({ pointer, path: pointer.slice(1).split('/').map(unescape) }))
  return (line) => {
    let record = readLine(line)
    if (!record) return '{}'
    const erased = new Set(textsAt(record, 'erased'))
    for (const { pointer, path } of paths) {
      const without = removed(record, path)
      if (without === record || !isObject(without)) continue
      record = without
      erased.add(pointer)
    }
    return erased.size === 0 ? line : JSON.stringify({ ...record, erased: [...erased] })
  }
}

/** The value without what the path leads to; the very value where there is nothing. */
function removed(value: JsonValue, [name = '', ...rest]: readonly string[]): JsonValue {
  if (isArray(value)) {
    const items = value.map((item, i) => (name === '*' || name === String(i) ? removed(item, rest) : item))
    return items.some((item, i) => item !== value[i]) ? items : value
  }
  if (!isObject(value) || !Object.hasOwn(value, name)) return value
  const { [name]: inner = null, ...others } = value
  if (rest.length === 0) return others
  const next = removed(inner, rest)
  return next === inner ? value : inPlace(value, name, next)
}

const inPlace = (object: JsonObject, name: string, inner: JsonValue): JsonObject =>
  Object.fromEntries(Object.entries(object).map(([each, value]) => [each, each === name ? inner : value]))

const unescape = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~')
