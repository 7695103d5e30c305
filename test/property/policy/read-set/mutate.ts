import { isArray, isObject, type JsonValue } from '../../../../pdp/core/json.ts'

type Path = readonly (string | number)[]

/** Every place of a document: scalars, lists and objects, the document itself first. */
function pathsOf(value: JsonValue, path: Path = []): readonly Path[] {
  if (isArray(value)) return [path, ...value.flatMap((item, i) => pathsOf(item, [...path, i]))]
  if (isObject(value)) return [path, ...Object.entries(value).flatMap(([name, item]) => pathsOf(item, [...path, name]))]
  return [path]
}

/** The value at a place, undefined where there is none. */
function valueAt(value: JsonValue, [first, ...rest]: Path): JsonValue | undefined {
  if (first === undefined) return value
  const item = isArray(value) ? value[Number(first)] : isObject(value) ? value[first] : undefined
  return item === undefined ? undefined : valueAt(item, rest)
}

/** The document with another value at a place, or none where `to` is undefined. An item that is deleted closes the gap. */
function changed(value: JsonValue, [first, ...rest]: Path, to: JsonValue | undefined): JsonValue {
  if (first === undefined) return to ?? {}
  if (isArray(value)) {
    const index = Number(first)
    const item = rest.length === 0 ? to : changed(value[index] ?? null, rest, to)
    return item === undefined ? value.toSpliced(index, 1) : value.with(index, item)
  }
  if (!isObject(value)) return value
  const { [first]: before, ...others } = value
  const item = rest.length === 0 ? to : changed(before ?? null, rest, to)
  return item === undefined ? others : { ...value, [first]: item }
}

/** The document with a further member or item in what stands at a place; undefined where nothing can be added. */
function added(value: JsonValue, path: Path, name: string, item: JsonValue): JsonValue | undefined {
  const at = valueAt(value, path)
  if (isArray(at)) return changed(value, path, [...at, item])
  return isObject(at) && !Object.hasOwn(at, name) ? changed(value, path, { ...at, [name]: item }) : undefined
}

const plain: readonly JsonValue[] = [null, true, false, 0, 1, 2, 'x', 'a', '', [], {}, [1], { a: 1 }, { x: { y: 1 } }]

/** Every single change of a document: each place deleted, replaced by every plain value, and added to. */
export function* singleMutations(value: JsonValue): Generator<JsonValue> {
  for (const path of pathsOf(value)) {
    if (path.length > 0) yield changed(value, path, undefined)
    for (const to of plain) if (path.length > 0 || isObject(to)) yield changed(value, path, to)
    for (const name of ['zz', 'a', 'x', 'n', 'k']) {
      const more = added(value, path, name, 1)
      if (more !== undefined) yield more
    }
  }
}

/** One random change of a document; `others` lend their values and names. Answers the document itself if it fits nowhere. */
export function mutated(value: JsonValue, others: readonly JsonValue[], random: () => number): JsonValue {
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)]
  const path = pick(pathsOf(value)) ?? []
  const other = pick(others) ?? null
  const lent = pick(pathsOf(other)) ?? []
  const material = (random() < 0.5 ? pick(plain) : valueAt(other, lent)) ?? null
  const kind = random()
  if (kind < 0.45) return path.length === 0 && !isObject(material) ? value : changed(value, path, material)
  if (kind < 0.7) return path.length === 0 ? value : changed(value, path, undefined)
  return added(value, path, String(lent.at(-1) ?? 'new'), material) ?? value
}

/** Random numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
