import { checkDirectives } from './check-directives.ts'
import { checkImplements } from './check-implements.ts'
import { checkName } from './check-name.ts'
import type { Node } from './nodes.ts'
import { nameOfType, type Schema } from './schema.ts'

type Definition = Node<'Definition'>

/** Throws where a schema breaks one of the rules that the Go library vektah/gqlparser checks (validator/schema.go). */
export function checkSchema(schema: Schema, document: Node<'SchemaDocument'>): void {
  for (const { Directives } of [...document.Schema, ...document.SchemaExtension])
    checkDirectives(schema, Directives, 'SCHEMA', { once: true })
  for (const definition of schema.types.values()) checkDefinition(schema, definition)
  for (const directive of schema.directives.values()) {
    checkName(directive.Name)
    checkArguments(schema, directive.Arguments, directive.Name)
  }
}

function checkDefinition(schema: Schema, definition: Definition): void {
  const { Kind, Name, Fields, Types, EnumValues } = definition
  for (const field of Fields) {
    checkName(field.Name)
    known(schema, field.Type)
    checkArguments(schema, field.Arguments)
    const location = Kind === 'INPUT_OBJECT' ? 'INPUT_FIELD_DEFINITION' : 'FIELD_DEFINITION'
    checkDirectives(schema, field.Directives, location, { once: true })
  }
  for (const name of Types) {
    if (schema.types.get(name)?.Kind !== 'OBJECT') throw new Error('a union of what is no object type')
  }
  for (const name of definition.Interfaces) checkImplements(schema, definition, name)
  kindChecks[Kind]?.(schema, definition)
  unique(Fields.map((field) => field.Name))
  unique(EnumValues.map((value) => value.Name))
  unique(Types)
  if (!definition.BuiltIn) checkName(Name)
  checkDirectives(schema, definition.Directives, Kind, { once: false })
}

const outputKinds = ['SCALAR', 'OBJECT', 'INTERFACE', 'UNION', 'ENUM']
const inputKinds = ['SCALAR', 'ENUM', 'INPUT_OBJECT']

const kindChecks: Readonly<Record<string, (schema: Schema, definition: Definition) => void>> = {
  OBJECT: (schema, definition) => checkFields(schema, definition, outputKinds),
  INTERFACE: (schema, definition) => checkFields(schema, definition, outputKinds),
  INPUT_OBJECT: (schema, definition) => checkFields(schema, definition, inputKinds),
  ENUM(schema, { EnumValues }) {
    if (EnumValues.length === 0) throw new Error('an enum without values')
    for (const { Name, Directives } of EnumValues) {
      if (['true', 'false', 'null'].includes(Name)) throw new Error('a value with a reserved name')
      checkDirectives(schema, Directives, 'ENUM_VALUE', { once: true })
    }
  },
}

function checkFields(schema: Schema, { Fields }: Definition, kinds: readonly string[]): void {
  if (Fields.length === 0) throw new Error('a type without fields')
  for (const { Type } of Fields)
    if (!kinds.includes(known(schema, Type).Kind)) throw new Error('a field of a wrong kind')
}

function checkArguments(schema: Schema, list: readonly Node<'ArgumentDefinition'>[], directive?: string): void {
  for (const { Name, Type, Directives } of list) {
    checkName(Name)
    if (!inputKinds.includes(known(schema, Type).Kind)) throw new Error('an argument of a wrong kind')
    checkDirectives(schema, Directives, 'ARGUMENT_DEFINITION', {
      once: true,
      ...(directive !== undefined && { within: directive }),
    })
  }
}

function known(schema: Schema, type: Node<'Type'> | undefined): Definition {
  const definition = schema.types.get(nameOfType(type))
  if (!definition) throw new Error('an unknown type')
  return definition
}

function unique(names: readonly string[]): void {
  if (new Set(names).size !== names.length) throw new Error('a name twice')
}
