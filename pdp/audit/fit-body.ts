import { sha256 } from '../core/digest.ts'
import { isArray, isObject, type JsonObject, type JsonValue } from '../core/json.ts'

/** What is left of a value: characters of a string, items of a list, and how deep what others named may go. */
interface Bounds {
  readonly text: number
  readonly items: number
  readonly depth: number
}

/** From mild to severe. The last fits whatever a record says: no fixed member is longer than its text. */
const steps: readonly Bounds[] = [
  { text: 4096, items: 64, depth: 8 },
  { text: 1024, items: 32, depth: 6 },
  { text: 256, items: 8, depth: 4 },
  { text: 64, items: 2, depth: 1 },
]

/** Members whose names are not the log's own: of these, whole members may be left out. */
const named: ReadonlySet<string> = new Set([
  'attested',
  'subject.credentials.claims',
  'questions.obligations.properties',
])

/**
 * Cuts the JSON text of an object until it has at most `maximumBytes` in UTF-8. One that was cut ends with the member
 * `trunc`, the paths of what was cut, without list indices: `["questions.reasons.message"]`, and `whole`, size and digest
 * of what it was before, so that whoever holds that can show it.
 */
export function fitBody(body: string, maximumBytes: number): string {
  if (body.length * 3 <= maximumBytes || Buffer.byteLength(body) <= maximumBytes) return body
  const whole = JSON.parse(body) as JsonObject // a body is the text of an object
  const told = { bytes: Buffer.byteLength(body), sha256: sha256(body) }
  let fitted = ''
  for (const bounds of steps) {
    const cut = new Set<string>()
    const rest = cutMembers(whole, '', false, bounds, cut)
    fitted = JSON.stringify({ ...rest, trunc: [...cut], whole: told })
    if (Buffer.byteLength(fitted) <= maximumBytes) break
  }
  return fitted
}

function cutValue(value: JsonValue, path: string, foreign: boolean, bounds: Bounds, cut: Set<string>): JsonValue {
  if (typeof value === 'string') {
    if (value.length <= bounds.text) return value
    cut.add(path)
    return value.slice(0, bounds.text).toWellFormed() // the cut may part a pair of surrogates
  }
  const inner = foreign ? { ...bounds, depth: bounds.depth - 1 } : bounds
  if (isArray(value)) {
    if (tooDeep(foreign, bounds)) return note(path, cut)
    if (value.length > bounds.items) cut.add(path)
    return value.slice(0, bounds.items).map((item) => cutValue(item, path, foreign, inner, cut))
  }
  if (!isObject(value)) return value
  return tooDeep(foreign, bounds) ? note(path, cut) : cutMembers(value, path, foreign, inner, cut)
}

function cutMembers(object: JsonObject, path: string, foreign: boolean, bounds: Bounds, cut: Set<string>): JsonObject {
  const all = Object.entries(object)
  const kept = foreign ? all.filter(([name]) => name.length <= bounds.text).slice(0, bounds.items) : all
  if (kept.length < all.length) cut.add(path)
  return Object.fromEntries(
    kept.map(([name, value]) => {
      const at = foreign ? path : path === '' ? name : `${path}.${name}`
      return [name, cutValue(value, at, foreign || named.has(at), bounds, cut)]
    }),
  )
}

const tooDeep = (foreign: boolean, { depth }: Bounds): boolean => foreign && depth < 0

function note(path: string, cut: Set<string>): null {
  cut.add(path)
  return null
}
