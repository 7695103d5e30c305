import { createNode, type Node, type Selection } from './nodes.ts'
import { parseArguments, parseDirectives, parseName, parseType, parseValue, parseVariable } from './parse-parts.ts'
import { createTokenStream, type TokenStream } from './token-stream.ts'

const operations: readonly string[] = ['query', 'mutation', 'subscription']

/** Reads an executable document, operations and fragments. Throws where it is none. */
export function parseQuery(text: string): Node<'QueryDocument'> {
  const tokens = createTokenStream(text)
  const document = createNode('QueryDocument', {})
  for (let token = tokens.peek(); token.kind !== 'EOF'; token = tokens.peek()) {
    if (token.kind === '{' || (token.kind === 'Name' && operations.includes(token.value)))
      document.Operations.push(parseOperation(tokens))
    else if (token.kind === 'Name' && token.value === 'fragment') document.Fragments.push(parseFragment(tokens))
    else throw new Error('not an operation')
  }
  return document
}

function parseOperation(tokens: TokenStream): Node<'OperationDefinition'> {
  // the comments of an operation without a name are forgotten, as the library forgets them
  if (tokens.peek().kind === '{')
    return createNode('OperationDefinition', { Operation: 'query', SelectionSet: parseSelections(tokens) })
  return createNode('OperationDefinition', {
    Comment: tokens.comments(),
    Operation: tokens.next().value,
    Name: tokens.peek().kind === 'Name' ? tokens.next().value : '',
    VariableDefinitions: parseVariables(tokens),
    Directives: parseDirectives(tokens, false),
    SelectionSet: parseSelections(tokens),
  })
}

function parseVariables(tokens: TokenStream): Node<'VariableDefinition'>[] {
  const list: Node<'VariableDefinition'>[] = []
  tokens.some('(', ')', () => {
    const Comment = tokens.comments()
    const Variable = parseVariable(tokens)
    tokens.expect(':')
    const Type = parseType(tokens)
    const DefaultValue = tokens.skip('=') ? parseValue(tokens, true) : undefined
    const Directives = parseDirectives(tokens, false)
    list.push(createNode('VariableDefinition', { Comment, Variable, Type, DefaultValue, Directives }))
  })
  return list
}

function parseSelections(tokens: TokenStream): Selection[] {
  if (tokens.peek().kind !== '{') throw new Error('expected a selection set')
  const list: Selection[] = []
  tokens.some('{', '}', () => list.push(tokens.peek().kind === '...' ? parseSpread(tokens) : parseField(tokens)))
  return list
}

function parseField(tokens: TokenStream): Selection {
  const Comment = tokens.comments()
  const Alias = parseName(tokens)
  const node = createNode('Field', {
    Comment,
    Alias,
    Name: tokens.skip(':') ? parseName(tokens) : Alias,
    Arguments: parseArguments(tokens, false),
    Directives: parseDirectives(tokens, false),
  })
  if (tokens.peek().kind === '{') node.SelectionSet = parseSelections(tokens)
  return { kind: 'Field', node }
}

function parseSpread(tokens: TokenStream): Selection {
  const { comments: Comment } = tokens.expect('...')
  const { kind, value } = tokens.peek()
  if (kind === 'Name' && value !== 'on') {
    const [Name, Directives] = [parseName(tokens), parseDirectives(tokens, false)]
    return { kind: 'FragmentSpread', node: createNode('FragmentSpread', { Comment, Name, Directives }) }
  }
  let TypeCondition = ''
  if (value === 'on') {
    tokens.next()
    TypeCondition = parseName(tokens)
  }
  const Directives = parseDirectives(tokens, false)
  const SelectionSet = parseSelections(tokens)
  return {
    kind: 'InlineFragment',
    node: createNode('InlineFragment', { Comment, TypeCondition, Directives, SelectionSet }),
  }
}

function parseFragment(tokens: TokenStream): Node<'FragmentDefinition'> {
  const Comment = tokens.comments()
  tokens.expectKeyword('fragment')
  if (tokens.peek().value === 'on') throw new Error('a fragment is not named `on`')
  const Name = parseName(tokens)
  const VariableDefinition = parseVariables(tokens)
  tokens.expectKeyword('on')
  return createNode('FragmentDefinition', {
    Comment,
    Name,
    VariableDefinition,
    TypeCondition: parseName(tokens),
    Directives: parseDirectives(tokens, false),
    SelectionSet: parseSelections(tokens),
  })
}
