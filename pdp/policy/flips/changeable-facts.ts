import { isArray, isObject, type JsonArray, type JsonObject, type JsonValue, member } from '../../core/json.ts'
import type { ReadTree } from '../../core/read-tree.ts'
import { policyInputJsonSchema } from '../input-schema.ts'

/** A place of the input that a policy reads and that may be changed to see whether the answer does. */
export interface Fact {
  readonly path: readonly string[]
  /** What is there; absent: nothing. */
  readonly value?: JsonValue
  /** The only values that it can have. */
  readonly values?: JsonArray
  /** The type that it must have, where the document says so. */
  readonly type?: string
  /** Whether a document without it is one that a policy can be given. */
  readonly optional: boolean
}

/**
 * The facts among what an entrypoint reads: of the ask first, then how well the identity was proved, then of the service and
 * of the platform. Never who the caller is, what its credentials say, how old they are, who asks, or the time: nobody
 * should be told to be somebody else, and a credential's age is shown by the conditions that failed.
 */
export function changeableFacts(tree: ReadTree, input: JsonObject): readonly Fact[] {
  const facts: Fact[] = []
  const schema = policyInputJsonSchema() as JsonObject // plain JSON by its definition
  for (const [path, required] of places) {
    const at = path.reduce<Place | undefined>((place, name) => place && below(place, name), {
      tree,
      schema,
      value: input,
      optional: false,
    })
    if (at && !(required && at.value === undefined)) collect(at, path, facts)
    // what was named stands in the way of what the request says
    if (at && isObject(at.value) && at.optional && input['request'] !== undefined)
      facts.push({ path, value: at.value, optional: true })
  }
  return facts
}

/** Where facts stand, in the order in which changes are proposed; with `true`, only where there is something already. */
const places: readonly (readonly [path: readonly string[], required: boolean])[] = [
  [['action'], false],
  [['resource'], false],
  [['context'], false],
  [['request'], true],
  [['subject', 'assurance'], true],
  [['service'], true],
  [['attested'], true],
]

/** Of the assurance: times of the credential. */
const never: ReadonlySet<string> = new Set(['subject.assurance.age_s', 'subject.assurance.lifetime_s'])

interface Place {
  readonly tree: ReadTree
  readonly schema: JsonObject
  readonly value: JsonValue | undefined
  readonly optional: boolean
}

const deepest = 8
const mostFacts = 200

function collect(place: Place, path: readonly string[], facts: Fact[]): void {
  const { tree, schema, value, optional } = place
  if (never.has(path.join('.')) || path.length > deepest || facts.length >= mostFacts) return
  const names = namesBelow(tree, value)
  for (const name of names) {
    const next = below(place, name)
    if (next) collect(next, [...path, name], facts)
  }
  if (isObject(value)) return
  const readItself = tree === 'whole' || tree.value !== undefined || tree.each !== undefined
  if (!readItself && names.length > 0) return
  const values = member(schema, 'enum')
  const type = member(schema, 'type')
  facts.push({
    path,
    optional,
    ...(value !== undefined && { value }),
    ...(isArray(values) && { values }),
    ...(typeof type === 'string' && { type }),
  })
}

/** What is read below a place: the names that the policy knows, and those that are there where it reads any. */
function namesBelow(tree: ReadTree, value: JsonValue | undefined): readonly string[] {
  const there = isObject(value) ? Object.keys(value) : isArray(value) ? value.map((_, i) => String(i)) : []
  if (tree === 'whole') return there
  const known = Object.keys(tree.members ?? {})
  return tree.each === undefined ? known : [...new Set([...known, ...there])]
}

function below({ tree, schema, value }: Place, name: string): Place | undefined {
  const known = tree === 'whole' ? {} : (tree.members ?? {})
  const inner = tree === 'whole' ? tree : Object.hasOwn(known, name) ? known[name] : tree.each
  if (inner === undefined) return undefined
  const properties = member(schema, 'properties')
  const named = isObject(properties) ? member(properties, name) : undefined
  const rest = member(schema, isArray(value) ? 'items' : 'additionalProperties')
  const required = member(schema, 'required')
  return {
    tree: inner,
    schema: isObject(named) ? named : isObject(rest) ? rest : {},
    value: isObject(value) ? member(value, name) : isArray(value) ? value[Number(name)] : undefined,
    optional: !(isArray(required) && required.includes(name)),
  }
}
