/**
 * Every node of a GraphQL document and its members, as the Go library that OPA uses declares them: a tree of them is
 * what `graphql.parse*` answers, member by member. `text`, `flag` and `number` are never absent; `{ one }` may be;
 * `{ many }` and `texts` are lists, empty where Go has none.
 */
const shapes = {
  Comment: { Value: 'text' },
  CommentGroup: { List: { many: 'Comment' } },
  Type: { NamedType: 'text', Elem: { one: 'Type' }, NonNull: 'flag' },
  Value: {
    Raw: 'text',
    Children: { many: 'ChildValue' },
    Kind: 'number',
    Comment: { one: 'CommentGroup' },
    Definition: { one: 'Definition' },
    VariableDefinition: { one: 'VariableDefinition' },
    ExpectedType: { one: 'Type' },
    ExpectedTypeHasDefault: 'flag',
  },
  ChildValue: { Name: 'text', Value: { one: 'Value' }, Comment: { one: 'CommentGroup' } },
  Argument: { Name: 'text', Value: { one: 'Value' }, Comment: { one: 'CommentGroup' } },
  Directive: {
    Name: 'text',
    Arguments: { many: 'Argument' },
    ParentDefinition: { one: 'Definition' },
    Definition: { one: 'DirectiveDefinition' },
    Location: 'text',
  },
  VariableDefinition: {
    Variable: 'text',
    Type: { one: 'Type' },
    DefaultValue: { one: 'Value' },
    Directives: { many: 'Directive' },
    Comment: { one: 'CommentGroup' },
    Definition: { one: 'Definition' },
    Used: 'flag',
  },
  Field: {
    Alias: 'text',
    Name: 'text',
    Arguments: { many: 'Argument' },
    Directives: { many: 'Directive' },
    SelectionSet: 'selections',
    Comment: { one: 'CommentGroup' },
    Definition: { one: 'FieldDefinition' },
    ObjectDefinition: { one: 'Definition' },
  },
  FragmentSpread: {
    Name: 'text',
    Directives: { many: 'Directive' },
    ObjectDefinition: { one: 'Definition' },
    Definition: { one: 'FragmentDefinition' },
    Comment: { one: 'CommentGroup' },
  },
  InlineFragment: {
    TypeCondition: 'text',
    Directives: { many: 'Directive' },
    SelectionSet: 'selections',
    ObjectDefinition: { one: 'Definition' },
    Comment: { one: 'CommentGroup' },
  },
  FragmentDefinition: {
    Name: 'text',
    VariableDefinition: { many: 'VariableDefinition' },
    TypeCondition: 'text',
    Directives: { many: 'Directive' },
    SelectionSet: 'selections',
    Definition: { one: 'Definition' },
    Comment: { one: 'CommentGroup' },
  },
  OperationDefinition: {
    Operation: 'text',
    Name: 'text',
    VariableDefinitions: { many: 'VariableDefinition' },
    Directives: { many: 'Directive' },
    SelectionSet: 'selections',
    Comment: { one: 'CommentGroup' },
  },
  QueryDocument: {
    Operations: { many: 'OperationDefinition' },
    Fragments: { many: 'FragmentDefinition' },
    Comment: { one: 'CommentGroup' },
  },
  FieldDefinition: {
    Description: 'text',
    Name: 'text',
    Arguments: { many: 'ArgumentDefinition' },
    DefaultValue: { one: 'Value' },
    Type: { one: 'Type' },
    Directives: { many: 'Directive' },
    BeforeDescriptionComment: { one: 'CommentGroup' },
    AfterDescriptionComment: { one: 'CommentGroup' },
  },
  ArgumentDefinition: {
    Description: 'text',
    Name: 'text',
    DefaultValue: { one: 'Value' },
    Type: { one: 'Type' },
    Directives: { many: 'Directive' },
    BeforeDescriptionComment: { one: 'CommentGroup' },
    AfterDescriptionComment: { one: 'CommentGroup' },
  },
  EnumValueDefinition: {
    Description: 'text',
    Name: 'text',
    Directives: { many: 'Directive' },
    BeforeDescriptionComment: { one: 'CommentGroup' },
    AfterDescriptionComment: { one: 'CommentGroup' },
  },
  DirectiveDefinition: {
    Description: 'text',
    Name: 'text',
    Arguments: { many: 'ArgumentDefinition' },
    Locations: 'texts',
    IsRepeatable: 'flag',
    BeforeDescriptionComment: { one: 'CommentGroup' },
    AfterDescriptionComment: { one: 'CommentGroup' },
  },
  Definition: {
    Kind: 'text',
    Description: 'text',
    Name: 'text',
    Directives: { many: 'Directive' },
    Interfaces: 'texts',
    Fields: { many: 'FieldDefinition' },
    Types: 'texts',
    EnumValues: { many: 'EnumValueDefinition' },
    BuiltIn: 'flag',
    BeforeDescriptionComment: { one: 'CommentGroup' },
    AfterDescriptionComment: { one: 'CommentGroup' },
    EndOfDefinitionComment: { one: 'CommentGroup' },
  },
  OperationTypeDefinition: { Operation: 'text', Type: 'text', Comment: { one: 'CommentGroup' } },
  SchemaDefinition: {
    Description: 'text',
    Directives: { many: 'Directive' },
    OperationTypes: { many: 'OperationTypeDefinition' },
    BeforeDescriptionComment: { one: 'CommentGroup' },
    AfterDescriptionComment: { one: 'CommentGroup' },
    EndOfDefinitionComment: { one: 'CommentGroup' },
  },
  SchemaDocument: {
    Schema: { many: 'SchemaDefinition' },
    SchemaExtension: { many: 'SchemaDefinition' },
    Directives: { many: 'DirectiveDefinition' },
    Definitions: { many: 'Definition' },
    Extensions: { many: 'Definition' },
    Comment: { one: 'CommentGroup' },
  },
} as const

type Shapes = typeof shapes
export type NodeName = keyof Shapes

export type Shape =
  | 'text'
  | 'flag'
  | 'number'
  | 'texts'
  | 'selections'
  | { readonly one: NodeName }
  | { readonly many: NodeName }

type Member<S> = S extends 'text'
  ? string
  : S extends 'flag'
    ? boolean
    : S extends 'number'
      ? number
      : S extends 'texts'
        ? string[]
        : S extends 'selections'
          ? Selection[]
          : S extends { readonly one: infer N extends NodeName }
            ? Node<N> | undefined
            : S extends { readonly many: infer N extends NodeName }
              ? Node<N>[]
              : never

/** A node; mutable, because parser and validation fill it in. */
export type Node<N extends NodeName> = { -readonly [K in keyof Shapes[N]]: Member<Shapes[N][K]> }

/** What stands in a selection set. The answer holds the bare nodes. */
export type Selection =
  | { readonly kind: 'Field'; readonly node: Node<'Field'> }
  | { readonly kind: 'FragmentSpread'; readonly node: Node<'FragmentSpread'> }
  | { readonly kind: 'InlineFragment'; readonly node: Node<'InlineFragment'> }

/** Value kinds, by Go's numbers. */
export const valueKinds = {
  variable: 0,
  int: 1,
  float: 2,
  string: 3,
  block: 4,
  boolean: 5,
  null: 6,
  enum: 7,
  list: 8,
  object: 9,
} as const

/** The members of a node and their shapes. */
export const membersOf = (name: NodeName): readonly (readonly [string, Shape])[] => Object.entries(shapes[name])

/** A new node with Go's zero values, except for what is given. */
export function createNode<N extends NodeName>(name: N, given: Partial<Node<N>>): Node<N> {
  const zero = membersOf(name).map(([member, shape]) => [member, zeroOf(shape)])
  // every member of the table has the zero of its shape, which is what Node says of it
  return { ...Object.fromEntries(zero), ...given } as Node<N>
}

/** Go's zero value. */
export function zeroOf(shape: Shape): string | boolean | number | never[] | undefined {
  if (shape === 'text') return ''
  if (shape === 'flag') return false
  if (shape === 'number') return 0
  return shape === 'texts' || shape === 'selections' || 'many' in shape ? [] : undefined
}
