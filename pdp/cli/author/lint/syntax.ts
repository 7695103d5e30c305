import { isArray, isObject, type JsonObject, type JsonValue, member } from '../../../core/json.ts'

// OPA's syntax trees as JSON (`opa parse`), read no further than needed.

export const listAt = (node: JsonObject, name: string): readonly JsonObject[] => {
  const list = member(node, name)
  return isArray(list) ? list.filter(isObject) : []
}

export const textOf = (node: JsonValue | undefined, name: string): string => {
  const value = isObject(node) ? member(node, name) : undefined
  return typeof value === 'string' ? value : ''
}

/** Where a node stands, and its source. */
export function locationOf(node: JsonObject): { readonly row: number; readonly col: number; readonly text: string } {
  const location = member(node, 'location')
  const at = (name: string) => (isObject(location) ? member(location, name) : undefined)
  const [row, col] = [at('row'), at('col')]
  return {
    row: typeof row === 'number' ? row : 1,
    col: typeof col === 'number' ? col : 1,
    text: Buffer.from(textOf(location, 'text'), 'base64').toString('utf8'),
  }
}

/** The names of a package (`path`, behind `data`) or of the head of a rule (`ref`), as far as they are texts. */
export const namesOf = (node: JsonValue | undefined): readonly string[] =>
  isObject(node)
    ? [...listAt(node, 'path'), ...listAt(node, 'ref')].map((term) => textOf(term, 'value')).filter(Boolean)
    : []

/** The path of a rule below `data`, as an entrypoint names it: `orders/decision`. */
export const rulePath = (module: JsonObject, rule: JsonObject): string =>
  [...namesOf(member(module, 'package')).slice(1), ...namesOf(member(rule, 'head'))].join('/')

/** The path of a reference: its variable, then its members as far as they are known (`input`, `attested`, `namespace`). */
export function refPath(term: JsonObject): readonly string[] {
  const type = textOf(term, 'type')
  if (type === 'var') return [textOf(term, 'value')]
  if (type !== 'ref') return []
  const path: string[] = []
  for (const step of listAt(term, 'value')) {
    const value = member(step, 'value')
    if (typeof value !== 'string' || (path.length > 0 && textOf(step, 'type') !== 'string')) break
    path.push(value)
  }
  return path
}

/** Every reference and variable of a node, but for those in comprehensions, which hold or not on their own. */
export function* refsIn(node: JsonValue | undefined): Generator<JsonObject> {
  if (isArray(node)) {
    for (const each of node) yield* refsIn(each)
    return
  }
  if (!isObject(node)) return
  const type = textOf(node, 'type')
  if (type.endsWith('comprehension')) return
  if (type === 'ref' || type === 'var') yield node
  if (type !== 'var') for (const [name, each] of Object.entries(node)) if (name !== 'location') yield* refsIn(each)
}
