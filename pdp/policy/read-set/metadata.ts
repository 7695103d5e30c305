import type { Digest } from '../../core/digest.ts'
import { isArray, isObject, type JsonObject, type JsonValue, member } from '../../core/json.ts'
import type { ReadSet } from '../../core/read-tree.ts'
import { readTree } from './read-tree.ts'

const VERSION = 1

/** Read sets by entrypoint, as `metadata` of a bundle's manifest holds them: bound to the module they were found in. */
export function writeReadSets(
  readSets: Readonly<Record<string, ReadSet>>,
  module: Digest,
): Readonly<Record<string, unknown>> {
  return { sallyport: { read_sets: { v: VERSION, module: `sha256:${module}`, entrypoints: readSets } } }
}

/**
 * The read sets that metadata holds for this very module. What is absent, of another version, of another module or in
 * another form is left out: such an entrypoint reads everything.
 */
export function readReadSets(metadata: JsonObject, module: Digest): ReadonlyMap<string, ReadSet> {
  const ours = objectMember(objectMember(metadata, 'sallyport'), 'read_sets')
  if (ours?.['v'] !== VERSION || ours['module'] !== `sha256:${module}`) return new Map()
  return new Map(
    Object.entries(objectMember(ours, 'entrypoints') ?? {}).flatMap(([name, json]): [string, ReadSet][] => {
      const readSet = readReadSet(json)
      return readSet ? [[name, readSet]] : []
    }),
  )
}

function readReadSet(json: JsonValue): ReadSet | undefined {
  if (!isObject(json)) return undefined
  const input = readTree(member(json, 'input'))
  const data = readTree(member(json, 'data'))
  const list = member(json, 'builtins')
  const builtins = isArray(list) ? list.filter((name) => typeof name === 'string') : undefined
  if (input === undefined || data === undefined || !isArray(list) || builtins?.length !== list.length) return undefined
  return { input, data, builtins }
}

function objectMember(object: JsonObject | undefined, name: string): JsonObject | undefined {
  const value = object && member(object, name)
  return isObject(value) ? value : undefined
}
