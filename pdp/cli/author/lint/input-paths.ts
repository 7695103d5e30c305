import { didYouMean } from '../../../core/did-you-mean.ts'
import { isArray, isObject, type JsonObject, type JsonValue, member } from '../../../core/json.ts'

/** What the schema of the input says of a path below it. */
export interface InputPaths {
  /** Whether a document of the schema may have nothing there. */
  mayBeAbsent(path: readonly string[]): boolean
  /** The path that is probably meant by one that no document has; undefined where none is near. */
  meant(path: readonly string[]): readonly string[] | undefined
}

/** Reads a JSON Schema without references, as that of the policy input is. */
export function inputPaths(schema: JsonObject): InputPaths {
  return {
    mayBeAbsent(path) {
      let node: JsonValue | undefined = schema
      for (const name of path) {
        const properties: JsonValue | undefined = isObject(node) ? member(node, 'properties') : undefined
        const required: JsonValue | undefined = isObject(node) ? member(node, 'required') : undefined
        if (!isObject(properties) || !isArray(required) || !required.includes(name)) return true
        node = member(properties, name)
      }
      return false
    },
    meant(path) {
      let node: JsonValue | undefined = schema
      const found: string[] = []
      for (const name of path) {
        const properties: JsonValue | undefined = isObject(node) ? member(node, 'properties') : undefined
        if (!isObject(properties)) return found.concat(path.slice(found.length))
        const near = Object.hasOwn(properties, name) ? name : didYouMean(name, Object.keys(properties))
        if (near === undefined) return undefined
        found.push(near)
        node = member(properties, near)
      }
      return found
    },
  }
}
