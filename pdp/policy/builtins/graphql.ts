import { isObjectValue, objectOf, type Value } from '../value.ts'
import type { Builtin } from './builtin.ts'
import { checkSchema } from './graphql/check-schema.ts'
import type { Node } from './graphql/nodes.ts'
import { parseQuery } from './graphql/parse-query.ts'
import { parseSchema } from './graphql/parse-schema.ts'
import { ruleOnOverlaps } from './graphql/rule-on-overlaps.ts'
import { rulesOnFragments } from './graphql/rules-on-fragments.ts'
import { rulesOnNames } from './graphql/rules-on-names.ts'
import { rulesOnTypes } from './graphql/rules-on-types.ts'
import { addIntrospection, buildSchema, type Schema } from './graphql/schema.ts'
import { walkQuery } from './graphql/walk.ts'
import { readNode, writeNode } from './graphql/write-nodes.ts'

/**
 * `graphql.*`: documents parsed and validated as by the Go library that OPA uses (vektah/gqlparser 2.5), with its trees
 * and its deviations. A query and a schema are texts, or trees that a parser here answered.
 */
export const graphql: readonly Builtin[] = [
  { name: 'graphql.parse_query', call: (text) => (typeof text === 'string' ? queryTree(parseQuery(text)) : undefined) },
  {
    name: 'graphql.parse_schema',
    call: (text) => (typeof text === 'string' ? schemaTree(parseSchema(text)) : undefined),
  },
  { name: 'graphql.schema_is_valid', call: (schema) => succeeds(() => validSchema(readSchema(schema))) },
  { name: 'graphql.is_valid', call: (query, schema) => succeeds(() => parse(query, schema)) },
  { name: 'graphql.parse', call: parse },
  {
    name: 'graphql.parse_and_verify',
    call(query, schema) {
      try {
        return [true, ...parse(query, schema)]
      } catch {
        return [false, objectOf(), objectOf()]
      }
    },
  },
]

/** The trees of both, as they were before validation noted in them what it found. Throws where one is not valid. */
function parse(query: Value | undefined, schema: Value | undefined): readonly Value[] {
  const queryDocument = readQuery(query)
  const schemaDocument = readSchema(schema)
  const trees = [queryTree(queryDocument), schemaTree(schemaDocument)]
  walkQuery(validSchema(schemaDocument), queryDocument, (walk) => [
    ...rulesOnNames(walk),
    ...rulesOnTypes(walk),
    ...rulesOnFragments(walk),
    ruleOnOverlaps(walk),
  ])
  return trees
}

const queryTree = (document: Node<'QueryDocument'>): Value => writeNode('QueryDocument', document)
const schemaTree = (document: Node<'SchemaDocument'>): Value => writeNode('SchemaDocument', document)

function validSchema(document: Node<'SchemaDocument'>): Schema {
  const schema = buildSchema(document)
  checkSchema(schema, document)
  addIntrospection(schema)
  return schema
}

function readQuery(query: Value | undefined): Node<'QueryDocument'> {
  if (typeof query === 'string') return parseQuery(query)
  if (isObjectValue(query)) return readNode('QueryDocument', query)
  throw new TypeError('a query is a string or an object')
}

function readSchema(schema: Value | undefined): Node<'SchemaDocument'> {
  if (typeof schema === 'string') return parseSchema(schema)
  if (isObjectValue(schema)) return readNode('SchemaDocument', schema)
  throw new TypeError('a schema is a string or an object')
}

function succeeds(act: () => unknown): boolean {
  try {
    act()
    return true
  } catch {
    return false
  }
}
