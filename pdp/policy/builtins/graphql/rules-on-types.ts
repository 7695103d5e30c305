import { isCompatible } from './check-implements.ts'
import { type Node, valueKinds } from './nodes.ts'
import { nameOfType } from './schema.ts'
import type { Rule, Walk } from './walk.ts'

type Definition = Node<'Definition'>

/** GraphQL October 2021 §5: fragments, selections, values and variables have types that fit where they stand. */
export const rulesOnTypes = (walk: Walk): readonly Rule[] => [
  compositeFragments(walk),
  possibleSpreads(walk),
  leaves(walk),
  valuesOfType,
  inputVariables,
  variablesInPlace(walk),
]

const composite: readonly string[] = ['OBJECT', 'INTERFACE', 'UNION']
const leaf: readonly string[] = ['ENUM', 'SCALAR']
const input: readonly string[] = ['SCALAR', 'ENUM', 'INPUT_OBJECT']

const compositeFragments = ({ schema }: Walk): Rule => ({
  inlineFragment({ TypeCondition }) {
    const type = schema.types.get(TypeCondition)
    require(!type || composite.includes(type.Kind))
  },
  fragment({ Definition, TypeCondition }) {
    require(!Definition || TypeCondition === '' || composite.includes(Definition.Kind))
  },
})

function possibleSpreads({ schema }: Walk): Rule {
  function check(parent: Definition | undefined, name: string): void {
    const type = schema.types.get(name)
    if (!parent || !composite.includes(parent.Kind) || !type || !composite.includes(type.Kind)) return
    const parents = parent.Kind === 'OBJECT' ? [parent] : (schema.possibleTypes.get(parent.Name) ?? [])
    const possible = schema.possibleTypes.get(type.Name) ?? []
    require(possible.some(({ Name }) => parents.some((one) => one.Name === Name)))
  }
  return {
    inlineFragment: ({ ObjectDefinition, TypeCondition }) => check(ObjectDefinition, TypeCondition),
    spread({ ObjectDefinition, Definition }) {
      if (Definition) check(ObjectDefinition, Definition.TypeCondition)
    },
  }
}

const leaves = ({ schema }: Walk): Rule => ({
  field({ Definition, SelectionSet }) {
    const type = Definition && schema.types.get(nameOfType(Definition.Type))
    if (type) require(leaf.includes(type.Kind) === (SelectionSet.length === 0))
  },
})

const scalars: readonly string[] = ['Int', 'Float', 'String', 'Boolean', 'ID']

/** What a literal may stand for, by its kind. */
const literals = new Map<number, readonly string[]>([
  [valueKinds.int, ['Int', 'Float', 'ID']],
  [valueKinds.float, ['Float']],
  [valueKinds.string, ['String', 'ID']],
  [valueKinds.block, ['String', 'ID']],
  [valueKinds.boolean, ['Boolean']],
])

const valuesOfType: Rule = {
  value(value) {
    const { Kind, Definition, ExpectedType } = value
    if (!Definition || !ExpectedType) return
    require(Kind !== valueKinds.null || !ExpectedType.NonNull)
    if (Definition.Kind === 'SCALAR' && !scalars.includes(Definition.Name)) return // a scalar of the server's own
    require(isReadable(value))
    const names = literals.get(Kind)
    if (names) require(names.includes(Definition.Name))
    if (Kind === valueKinds.list) require(ExpectedType.Elem !== undefined)
    if (Kind === valueKinds.enum)
      require(Definition.Kind === 'ENUM' && Definition.EnumValues.some(({ Name }) => Name === value.Raw))
    if (Kind === valueKinds.object) checkObject(value, Definition)
  },
}

function checkObject({ Children }: Node<'Value'>, { Fields, Directives }: Definition): void {
  for (const { Name, Type, DefaultValue } of Fields)
    require(Type?.NonNull !== true || DefaultValue !== undefined || Children.some((child) => child.Name === Name))
  for (const { Name } of Children) require(Fields.some((field) => field.Name === Name))
  if (!Directives.some(({ Name }) => Name === 'oneOf')) return
  const [only] = Children
  require(Children.length === 1 && only?.Value?.Kind !== valueKinds.null)
  for (const { Value } of Children) {
    const variable = Value?.Kind === valueKinds.variable ? Value.VariableDefinition : undefined
    require(variable === undefined || variable.Type?.NonNull === true)
  }
}

/** Whether Go can read it: an int64, a float64 within its range, and so for all that it holds. */
function isReadable({ Kind, Raw, Children }: Node<'Value'>): boolean {
  if (Kind === valueKinds.int) return /^[+-]?\d+$/.test(Raw) && BigInt.asIntN(64, BigInt(Raw)) === BigInt(Raw)
  if (Kind === valueKinds.float) return Number.isFinite(Number(Raw))
  if (Kind !== valueKinds.list && Kind !== valueKinds.object) return true
  return Children.every(({ Value }) => Value !== undefined && isReadable(Value))
}

const inputVariables: Rule = {
  operation({ VariableDefinitions }) {
    require(VariableDefinitions.every(({ Definition }) => !Definition || input.includes(Definition.Kind)))
  },
}

const variablesInPlace = ({ operation }: Walk): Rule => ({
  value({ Kind, ExpectedType, ExpectedTypeHasDefault, VariableDefinition }) {
    if (Kind !== valueKinds.variable || !ExpectedType || !VariableDefinition || !operation()) return
    const { DefaultValue, Type } = VariableDefinition
    // with a default on either side, null stands for it
    const filled = DefaultValue !== undefined && DefaultValue.Kind !== valueKinds.null
    const nonNull = ExpectedType.NonNull && !filled && !ExpectedTypeHasDefault
    require(isCompatible(Type, { ...ExpectedType, NonNull: nonNull }))
  },
})

function require(holds: boolean): void {
  if (!holds) throw new Error('a type that does not fit')
}
