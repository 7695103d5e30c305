import { objectOf, type Value } from '../value.ts'
import type { Builtin } from './builtin.ts'
import { parseSchema } from './json-schema/parse-schema.ts'
import { readTree } from './json-schema/tree.ts'
import { validateDocument } from './json-schema/validate.ts'

/**
 * `json.match_schema` and `json.verify_schema`, as OPA does them with the Go library gojsonschema: drafts 4, 6 and 7 or a
 * mixture of them, patterns in RE2 syntax, its messages. Only what a schema itself contains can be referred to; nothing
 * is fetched, not even the schemas of schemas.
 */
export const jsonSchema: readonly Builtin[] = [
  {
    name: 'json.match_schema',
    call(document, schema) {
      const { failures } = validateDocument(parseSchema(readTree(schema)), readTree(document))
      const shown = failures.map(({ type, field, desc }): Value => {
        return objectOf(['error', `${field}: ${desc}`], ['type', type], ['field', field], ['desc', desc])
      })
      return [shown.length === 0, shown]
    },
  },
  {
    name: 'json.verify_schema',
    call(schema) {
      try {
        parseSchema(readTree(schema))
        return [true, null]
      } catch (error) {
        return [false, `jsonschema: ${error instanceof Error ? error.message : 'unknown'}`]
      }
    },
  },
]
