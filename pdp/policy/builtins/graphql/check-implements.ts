import type { Node } from './nodes.ts'
import type { Schema } from './schema.ts'

type Type = Node<'Type'> | undefined

/** Throws where a type lacks something of an interface that it implements (GraphQL October 2021 §3.6). */
export function checkImplements(schema: Schema, definition: Node<'Definition'>, name: string): void {
  const contract = schema.types.get(name)
  if (contract?.Kind !== 'INTERFACE') throw new Error('no interface')
  for (const wanted of contract.Fields) {
    const field = definition.Fields.find((one) => one.Name === wanted.Name)
    if (!field || !isCovariant(schema, wanted.Type, field.Type)) throw new Error('a field of the interface is missing')
    for (const argument of wanted.Arguments) {
      const own = field.Arguments.find((one) => one.Name === argument.Name)
      if (!own || !isCompatible(argument.Type, own.Type)) throw new Error('an argument of the interface is missing')
    }
    for (const { Name, Type, DefaultValue } of field.Arguments) {
      const additional = !wanted.Arguments.some((one) => one.Name === Name)
      if (additional && Type?.NonNull === true && !DefaultValue) throw new Error('an additional argument is required')
    }
  }
  for (const inherited of contract.Interfaces)
    if (!definition.Interfaces.includes(inherited)) throw new Error('an interface of the interface is missing')
}

function isCovariant(schema: Schema, wanted: Type, actual: Type): boolean {
  if (!wanted || !actual) return false
  if (wanted.NonNull && !actual.NonNull) return false
  if (wanted.NamedType === '') return isCovariant(schema, wanted.Elem, actual.Elem)
  if (wanted.NamedType === actual.NamedType) return true
  const possible = schema.possibleTypes.get(wanted.NamedType) ?? []
  return possible.some(({ Name }) => Name === actual.NamedType)
}

/** Whether a value of the one type may stand where the other is expected. */
export function isCompatible(type: Type, other: Type): boolean {
  if (!type || !other) return type === other
  if (type.NamedType !== other.NamedType || (type.Elem && !other.Elem)) return false
  if (type.Elem && !isCompatible(type.Elem, other.Elem)) return false
  return !other.NonNull || type.NonNull
}
