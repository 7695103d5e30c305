import { createNode, type Node } from './nodes.ts'
import { parseSchema } from './parse-schema.ts'
import { prelude } from './prelude.ts'

/** A schema to validate queries against: its document and the prelude, by name. */
export interface Schema {
  readonly types: ReadonlyMap<string, Node<'Definition'>>
  readonly directives: ReadonlyMap<string, Node<'DirectiveDefinition'>>
  /** The object types that a value of the named type may have. */
  readonly possibleTypes: ReadonlyMap<string, readonly Node<'Definition'>[]>
  /** The types of `query`, `mutation` and `subscription`. */
  readonly roots: ReadonlyMap<string, Node<'Definition'>>
}

/** The name within all lists and non-nulls. Throws on a type without one, which only an object can give. */
export function nameOfType(type: Node<'Type'> | undefined): string {
  for (let inner = type; inner; inner = inner.Elem) if (inner.NamedType !== '') return inner.NamedType
  throw new Error('a type without a name')
}

// A server may define these itself; the first definition stays.
const ownDirectives: readonly string[] = ['include', 'skip', 'deprecated', 'specifiedBy', 'defer', 'oneOf']

/** Joins a document with the prelude, extensions included. Throws where names collide or refer to nothing. */
export function buildSchema(document: Node<'SchemaDocument'>): Schema {
  const base = parseSchema(prelude, true)
  const types = new Map<string, Node<'Definition'>>()
  for (const definition of [...base.Definitions, ...document.Definitions]) {
    if (types.has(definition.Name)) throw new Error('a type is declared twice')
    // a copy, since extensions are added to it and the document is also an answer
    types.set(definition.Name, { ...definition })
  }
  for (const extension of document.Extensions) extend(types, extension)
  const directives = new Map<string, Node<'DirectiveDefinition'>>()
  for (const directive of [...base.Directives, ...document.Directives]) {
    if (directives.has(directive.Name) && !ownDirectives.includes(directive.Name))
      throw new Error('a directive is declared twice')
    directives.set(directive.Name, directive)
  }
  if (document.Schema.length > 1) throw new Error('two schema definitions')
  return { types, directives, possibleTypes: possibleTypesOf(types), roots: rootsOf(document, types) }
}

function extend(types: Map<string, Node<'Definition'>>, extension: Node<'Definition'>): void {
  const { Name, Kind } = extension
  const extended = types.get(Name) ?? createNode('Definition', { Name, Kind })
  if (extended.Kind !== Kind) throw new Error('an extension of another kind')
  types.set(Name, {
    ...extended,
    Directives: [...extended.Directives, ...extension.Directives],
    Interfaces: [...extended.Interfaces, ...extension.Interfaces],
    Fields: [...extended.Fields, ...extension.Fields],
    Types: [...extended.Types, ...extension.Types],
    EnumValues: [...extended.EnumValues, ...extension.EnumValues],
  })
}

function possibleTypesOf(types: ReadonlyMap<string, Node<'Definition'>>) {
  const possible = new Map<string, Node<'Definition'>[]>()
  function add(name: string, type: Node<'Definition'> | undefined): void {
    const list = possible.get(name) ?? []
    possible.set(name, list)
    if (type) list.push(type)
  }
  for (const type of types.values()) {
    if (type.Kind === 'UNION') for (const name of type.Types) add(type.Name, types.get(name))
    if (['INPUT_OBJECT', 'OBJECT', 'INTERFACE'].includes(type.Kind)) for (const name of type.Interfaces) add(name, type)
    if (type.Kind === 'INPUT_OBJECT' || type.Kind === 'OBJECT') add(type.Name, type)
  }
  return possible
}

/** By the schema definition and its extensions; without a definition also by the usual names. */
function rootsOf(document: Node<'SchemaDocument'>, types: ReadonlyMap<string, Node<'Definition'>>) {
  const roots = new Map<string, Node<'Definition'>>()
  for (const { OperationTypes } of [...document.Schema, ...document.SchemaExtension]) {
    for (const { Operation, Type } of OperationTypes) {
      const type = types.get(Type)
      if (!type) throw new Error('a root type that does not exist')
      roots.set(Operation, type)
    }
  }
  if (document.Schema.length > 0) return roots
  for (const [operation, name] of usualRoots) {
    const type = types.get(name)
    if (type && !roots.has(operation)) roots.set(operation, type)
  }
  return roots
}

const usualRoots = [
  ['query', 'Query'],
  ['mutation', 'Mutation'],
  ['subscription', 'Subscription'],
] as const

/** Adds the fields that only the query type has. Done last: their names would not be valid in a document. */
export function addIntrospection({ roots }: Schema): void {
  const named = (NamedType: string, NonNull: boolean) => createNode('Type', { NamedType, NonNull })
  const name = createNode('ArgumentDefinition', { Name: 'name', Type: named('String', true) })
  const query = roots.get('query')
  if (!query) return
  query.Fields = [
    ...query.Fields,
    createNode('FieldDefinition', { Name: '__schema', Type: named('__Schema', true) }),
    createNode('FieldDefinition', { Name: '__type', Type: named('__Type', false), Arguments: [name] }),
  ]
}
