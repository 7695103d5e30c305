import { isArray, isObject, type JsonObject, type JsonValue } from '../../core/json.ts'

/** A value of Envoy's configuration and the path by which it stands there: `static_resources.listeners.0`. */
export interface Place<V = JsonValue> {
  readonly value: V
  readonly path: string
}

/** A connection manager with its filters, in order. `asking`: the ext_authz filters among them. */
export interface Manager extends Place<JsonObject> {
  readonly filters: readonly Place<JsonObject>[]
  readonly asking: readonly Place<JsonObject>[]
}

/** What a file has that rules look at. `all`: every object in it. */
export interface EnvoyPlaces {
  readonly all: readonly Place<JsonObject>[]
  readonly managers: readonly Manager[]
  readonly asking: readonly Place<JsonObject>[]
  readonly clusters: readonly Place<JsonObject>[]
}

/** What stands at a path below a place; `value` is undefined where nothing does. */
export function below(
  place: Place<JsonValue | undefined>,
  ...steps: readonly (string | number)[]
): Place<JsonValue | undefined> {
  let { value, path } = place
  for (const step of steps) {
    path = `${path}.${step}`
    value = typeof step === 'number' ? itemOf(value, step) : memberOf(value, step)
  }
  return { value, path }
}

const memberOf = (value: JsonValue | undefined, name: string): JsonValue | undefined =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
const itemOf = (value: JsonValue | undefined, i: number): JsonValue | undefined =>
  value !== undefined && isArray(value) ? value[i] : undefined

/** The objects of a list at a place. */
export const objectsOf = ({ value, path }: Place<JsonValue | undefined>): readonly Place<JsonObject>[] =>
  value !== undefined && isArray(value)
    ? value.flatMap((item, i) => (isObject(item) ? [{ value: item, path: `${path}.${i}` }] : []))
    : []

/** Whether an object is a message of this type: the last part of its `@type`. */
export const isOfType = ({ value }: Place<JsonObject>, type: string): boolean => {
  const written = value['@type']
  return typeof written === 'string' && written.endsWith(`.${type}`)
}

/** Goes through a whole file, wherever in it listeners and clusters stand. */
export function findPlaces(root: JsonValue): EnvoyPlaces {
  const all = [...objectsIn({ value: root, path: '' })]
  const managers = all.filter((each) => isOfType(each, 'HttpConnectionManager')).map(managerOf)
  return {
    all,
    managers,
    asking: managers.flatMap(({ asking }) => asking),
    clusters: all.filter(({ value }) => typeof value['name'] === 'string' && isObject(value['load_assignment'])),
  }
}

function managerOf(place: Place<JsonObject>): Manager {
  const filters = objectsOf(below(place, 'http_filters'))
  const asking = filters.flatMap((filter) => {
    const { value, path } = below(filter, 'typed_config')
    return isObject(value) && isOfType({ value, path }, 'ExtAuthz') ? [{ value, path }] : []
  })
  return { ...place, filters, asking }
}

function* objectsIn({ value, path }: Place): Generator<Place<JsonObject>> {
  const under = (step: string | number) => (path === '' ? String(step) : `${path}.${step}`)
  if (isArray(value)) {
    for (const [i, item] of value.entries()) yield* objectsIn({ value: item, path: under(i) })
  } else if (isObject(value)) {
    yield { value, path }
    for (const [name, member] of Object.entries(value)) yield* objectsIn({ value: member, path: under(name) })
  }
}
