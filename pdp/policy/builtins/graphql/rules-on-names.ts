import { type Node, valueKinds } from './nodes.ts'
import type { Rule, Walk } from './walk.ts'

type Named = { readonly Name: string }

/** GraphQL October 2021 §5: what is named exists, each name once, and what is defined is used. */
export const rulesOnNames = (walk: Walk): readonly Rule[] => [
  knownNames(walk),
  knownArguments,
  uniqueNames(),
  loneOperation(walk),
  usedVariables(walk),
  usedFragments(),
]

const knownNames = ({ schema }: Walk): Rule => ({
  operation({ Operation }) {
    require(schema.roots.has(Operation === '' ? 'query' : Operation))
  },
  field({ ObjectDefinition, Definition }) {
    require(ObjectDefinition === undefined || Definition !== undefined)
  },
  spread: ({ Definition }) => require(Definition !== undefined),
  variable: ({ Definition }) => require(Definition !== undefined),
  inlineFragment: ({ TypeCondition }) => require(TypeCondition === '' || schema.types.has(TypeCondition)),
  fragment: ({ Definition }) => require(Definition !== undefined),
  directive: ({ Definition, Location }) => require(Definition?.Locations.includes(Location) === true),
})

const knownArguments: Rule = {
  field({ Definition, ObjectDefinition, Arguments }) {
    if (!Definition) return
    if (ObjectDefinition) require(Arguments.every(({ Name }) => has(Definition.Arguments, Name)))
    requireArguments(Definition.Arguments, Arguments)
  },
  directive({ Definition, Arguments }) {
    if (!Definition) return
    require(Arguments.every(({ Name }) => has(Definition.Arguments, Name)))
    requireArguments(Definition.Arguments, Arguments)
  },
}

function requireArguments(known: readonly Node<'ArgumentDefinition'>[], given: readonly Named[]): void {
  for (const { Name, Type, DefaultValue } of known)
    require(Type?.NonNull !== true || DefaultValue !== undefined || has(given, Name))
}

function uniqueNames(): Rule {
  const operations = new Set<string>()
  const fragments = new Set<string>()
  return {
    operation({ Name, VariableDefinitions }) {
      requireNew(operations, Name)
      requireUnique(VariableDefinitions.map(({ Variable }) => Variable))
    },
    fragment: ({ Name }) => requireNew(fragments, Name),
    field: ({ Arguments }) => requireUnique(Arguments.map(({ Name }) => Name)),
    directive: ({ Arguments }) => requireUnique(Arguments.map(({ Name }) => Name)),
    directives(list) {
      requireUnique(list.filter(({ Definition }) => Definition?.IsRepeatable !== true).map(({ Name }) => Name))
    },
    value({ Kind, Children }) {
      if (Kind === valueKinds.object) requireUnique(Children.map(({ Name }) => Name))
    },
  }
}

const loneOperation = ({ document }: Walk): Rule => ({
  operation: ({ Name }) => require(Name !== '' || document.Operations.length === 1),
})

const usedVariables = ({ operation }: Walk): Rule => ({
  value({ Kind, VariableDefinition }) {
    require(operation() === undefined || Kind !== valueKinds.variable || VariableDefinition !== undefined)
  },
  operation: ({ VariableDefinitions }) => require(VariableDefinitions.every(({ Used }) => Used)),
})

function usedFragments(): Rule {
  const used = new Set<string>()
  let withinFragments = false
  return {
    spread({ Name }) {
      if (!withinFragments) used.add(Name)
    },
    fragment({ Name }) {
      withinFragments = true
      require(used.has(Name))
    },
  }
}

const has = (list: readonly Named[], name: string): boolean => list.some(({ Name }) => Name === name)

function requireNew(seen: Set<string>, name: string): void {
  require(!seen.has(name))
  seen.add(name)
}

const requireUnique = (names: readonly string[]): void => require(new Set(names).size === names.length)

function require(holds: boolean): void {
  if (!holds) throw new Error('a name that is unknown, unused or there twice')
}
