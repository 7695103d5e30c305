import { createNode, type Node, type Selection, valueKinds } from './nodes.ts'
import { nameOfType, type Schema } from './schema.ts'

export interface Walk {
  readonly schema: Schema
  readonly document: Node<'QueryDocument'>
  /** The operation that is walked; undefined within fragment definitions. */
  readonly operation: () => Node<'OperationDefinition'> | undefined
}

/** What a rule looks at; it throws where the document breaks it. Called after what is within the node. */
export interface Rule {
  readonly operation?: (node: Node<'OperationDefinition'>) => void
  readonly fragment?: (node: Node<'FragmentDefinition'>) => void
  readonly variable?: (node: Node<'VariableDefinition'>) => void
  readonly field?: (node: Node<'Field'>) => void
  readonly inlineFragment?: (node: Node<'InlineFragment'>) => void
  readonly spread?: (node: Node<'FragmentSpread'>) => void
  readonly directive?: (node: Node<'Directive'>) => void
  readonly directives?: (list: readonly Node<'Directive'>[]) => void
  readonly value?: (node: Node<'Value'>) => void
}

type Definition = Node<'Definition'> | undefined

const locations: Readonly<Record<string, string>> = {
  query: 'QUERY',
  mutation: 'MUTATION',
  subscription: 'SUBSCRIPTION',
}

/** Walks a query, notes in its nodes what they refer to in the schema, and shows them to the rules. */
export function walkQuery(
  schema: Schema,
  document: Node<'QueryDocument'>,
  rulesFor: (walk: Walk) => readonly Rule[],
): void {
  let operation: Node<'OperationDefinition'> | undefined
  let spread = new Set<string>()
  const rules = rulesFor({ schema, document, operation: () => operation })
  const typeOf = (type: Node<'Type'> | undefined): Definition => schema.types.get(nameOfType(type))

  for (const one of document.Operations) {
    spread = new Set()
    walkOperation(one)
  }
  for (const fragment of document.Fragments) {
    spread = new Set()
    fragment.Definition = schema.types.get(fragment.TypeCondition)
    walkDirectives(fragment.Definition, fragment.Directives, 'FRAGMENT_DEFINITION')
    walkSelections(fragment.Definition, fragment.SelectionSet)
    for (const rule of rules) rule.fragment?.(fragment)
  }

  function walkOperation(one: Node<'OperationDefinition'>): void {
    operation = one
    for (const variable of one.VariableDefinitions) {
      variable.Definition = typeOf(variable.Type)
      for (const rule of rules) rule.variable?.(variable)
      if (!variable.DefaultValue) continue
      variable.DefaultValue.ExpectedType = variable.Type
      variable.DefaultValue.Definition = variable.Definition
    }
    for (const variable of one.VariableDefinitions) {
      if (variable.DefaultValue) walkValue(variable.DefaultValue)
      walkDirectives(variable.Definition, variable.Directives, 'VARIABLE_DEFINITION')
    }
    const kind = one.Operation === '' ? 'query' : one.Operation
    const root = schema.roots.get(kind)
    walkDirectives(root, one.Directives, locations[kind] ?? '')
    walkSelections(root, one.SelectionSet)
    for (const rule of rules) rule.operation?.(one)
    operation = undefined
  }

  function walkDirectives(parent: Definition, list: readonly Node<'Directive'>[], location: string): void {
    for (const directive of list) {
      directive.Definition = schema.directives.get(directive.Name)
      directive.ParentDefinition = parent
      directive.Location = location
      for (const argument of directive.Arguments) walkArgument(directive.Definition?.Arguments, argument)
      for (const rule of rules) rule.directive?.(directive)
    }
    for (const rule of rules) rule.directives?.(list)
  }

  function walkArgument(known: readonly Node<'ArgumentDefinition'>[] | undefined, argument: Node<'Argument'>): void {
    const value = needed(argument.Value)
    const definition = known?.find(({ Name }) => Name === argument.Name)
    if (definition) expectType(value, definition)
    walkValue(value)
  }

  function expectType(value: Node<'Value'>, { Type, DefaultValue }: Node<'ArgumentDefinition'>): void {
    value.ExpectedType = Type
    value.ExpectedTypeHasDefault = DefaultValue !== undefined && DefaultValue.Kind !== valueKinds.null
    value.Definition = typeOf(Type)
  }

  function walkValue(value: Node<'Value'>): void {
    if (value.Kind === valueKinds.variable && operation) {
      value.VariableDefinition = operation.VariableDefinitions.find(({ Variable }) => Variable === value.Raw)
      if (value.VariableDefinition) value.VariableDefinition.Used = true
    }
    if (value.Kind === valueKinds.object || value.Kind === valueKinds.list) {
      for (const { Name, Value } of value.Children) {
        const child = needed(Value)
        if (value.Kind === valueKinds.object) {
          const field = value.Definition?.Fields.find((one) => one.Name === Name)
          if (field) expectType(child, field)
        } else if (value.ExpectedType?.Elem) {
          child.ExpectedType = value.ExpectedType.Elem
          child.Definition = value.Definition
        }
        walkValue(child)
      }
    }
    for (const rule of rules) rule.value?.(value)
  }

  function walkSelections(parent: Definition, list: readonly Selection[]): void {
    for (const selection of list) {
      switch (selection.kind) {
        case 'Field':
          walkField(parent, selection.node)
          break
        case 'InlineFragment':
          walkInlineFragment(parent, selection.node)
          break
        case 'FragmentSpread':
          walkSpread(parent, selection.node)
      }
    }
  }

  function walkField(parent: Definition, field: Node<'Field'>): void {
    field.Definition =
      field.Name === '__typename'
        ? createNode('FieldDefinition', {
            Name: '__typename',
            Type: createNode('Type', { NamedType: 'String' }),
          })
        : parent?.Fields.find(({ Name }) => Name === field.Name)
    field.ObjectDefinition = parent
    const next = field.Definition && typeOf(field.Definition.Type)
    for (const argument of field.Arguments) walkArgument(field.Definition?.Arguments, argument)
    walkDirectives(next, field.Directives, 'FIELD')
    walkSelections(next, field.SelectionSet)
    for (const rule of rules) rule.field?.(field)
  }

  function walkInlineFragment(parent: Definition, fragment: Node<'InlineFragment'>): void {
    fragment.ObjectDefinition = parent
    const next = fragment.TypeCondition === '' ? parent : schema.types.get(fragment.TypeCondition)
    walkDirectives(next, fragment.Directives, 'INLINE_FRAGMENT')
    walkSelections(next, fragment.SelectionSet)
    for (const rule of rules) rule.inlineFragment?.(fragment)
  }

  function walkSpread(parent: Definition, node: Node<'FragmentSpread'>): void {
    const fragment = document.Fragments.find(({ Name }) => Name === node.Name)
    node.Definition = fragment
    node.ObjectDefinition = parent
    const next = fragment && schema.types.get(fragment.TypeCondition)
    walkDirectives(next, node.Directives, 'FRAGMENT_SPREAD')
    if (fragment && !spread.has(fragment.Name)) {
      spread.add(fragment.Name) // also what ends a cycle
      walkDirectives(next, fragment.Directives, 'FRAGMENT_DEFINITION')
      walkSelections(next, fragment.SelectionSet)
    }
    for (const rule of rules) rule.spread?.(node)
  }
}

function needed<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a value is missing')
  return value
}
