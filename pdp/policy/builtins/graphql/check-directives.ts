import { checkName } from './check-name.ts'
import { type Node, valueKinds } from './nodes.ts'
import type { Schema } from './schema.ts'

interface Place {
  /** Whether the directives were written at one place; those of a type and its extensions were not. */
  readonly once: boolean
  /** The directive whose definition they stand in. */
  readonly within?: string
}

/** Throws where directives of a schema are unknown, misplaced, repeated or wrongly called. */
export function checkDirectives(
  schema: Schema,
  list: readonly Node<'Directive'>[],
  location: string,
  { once, within }: Place,
): void {
  const seen = new Set<string>()
  for (const { Name, Arguments } of list) {
    checkName(Name)
    if (Name === within) throw new Error('a directive that refers to itself')
    const definition = schema.directives.get(Name)
    if (!definition) throw new Error('an unknown directive')
    if (once && seen.has(Name) && !definition.IsRepeatable) throw new Error('a directive twice')
    seen.add(Name)
    if (!definition.Locations.includes(location)) throw new Error('a directive out of place')
    for (const argument of Arguments) {
      if (!definition.Arguments.some((known) => known.Name === argument.Name)) throw new Error('an unknown argument')
    }
    for (const { Name: name, Type, DefaultValue } of definition.Arguments) {
      const given = Arguments.find((argument) => argument.Name === name)
      if (Type?.NonNull !== true || DefaultValue) continue
      if (!given || given.Value?.Kind === valueKinds.null) throw new Error('an argument is missing')
    }
  }
}
