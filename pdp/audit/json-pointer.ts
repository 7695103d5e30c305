import { isArray, isObject, type JsonValue } from '../core/json.ts'

/** The names that a JSON pointer (RFC 6901) goes through, at least one; undefined for a text that is none. */
export function readPointer(pointer: string): readonly [string, ...string[]] | undefined {
  if (!/^(?:\/(?:[^/~]|~[01])*)+$/.test(pointer)) return undefined
  const [first = '', ...rest] = pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  return [first, ...rest]
}

/** What is at a path of names; undefined where there is nothing. */
export function valueAt(value: JsonValue, [name, ...rest]: readonly string[]): JsonValue | undefined {
  if (name === undefined) return value
  const inner = isArray(value)
    ? value[Number(name)]
    : isObject(value) && Object.hasOwn(value, name)
      ? value[name]
      : undefined
  return inner === undefined ? undefined : valueAt(inner, rest)
}
