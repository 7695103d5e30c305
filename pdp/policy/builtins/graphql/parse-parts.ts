import { createNode, type Node, valueKinds } from './nodes.ts'
import type { TokenStream } from './token-stream.ts'

// What queries and schemas have in common. `constant` forbids variables.

export const parseName = (tokens: TokenStream): string => tokens.expect('Name').token.value

export function parseVariable(tokens: TokenStream): string {
  tokens.expect('$')
  return parseName(tokens)
}

const literalKinds: Readonly<Record<string, number>> = {
  Int: valueKinds.int,
  Float: valueKinds.float,
  String: valueKinds.string,
  BlockString: valueKinds.block,
}
const wordKinds: Readonly<Record<string, number>> = {
  true: valueKinds.boolean,
  false: valueKinds.boolean,
  null: valueKinds.null,
}

export function parseValue(tokens: TokenStream, constant: boolean): Node<'Value'> {
  const { kind, value } = tokens.peek()
  if (kind === '[' || kind === '{') return parseCompound(tokens, constant, kind)
  if (kind === '$') {
    if (constant) throw new Error('a variable where none may be')
    return createNode('Value', { Raw: parseVariable(tokens), Kind: valueKinds.variable })
  }
  const known = kind === 'Name' ? (wordKinds[value] ?? valueKinds.enum) : literalKinds[kind]
  if (known === undefined) throw new Error('not a value')
  tokens.next()
  return createNode('Value', { Raw: value, Kind: known }) // the library takes its comments only now, when they are gone
}

function parseCompound(tokens: TokenStream, constant: boolean, open: '[' | '{'): Node<'Value'> {
  const Comment = tokens.comments()
  const Children: Node<'ChildValue'>[] = []
  if (open === '[')
    tokens.many('[', ']', () => Children.push(createNode('ChildValue', { Value: parseValue(tokens, constant) })))
  else tokens.many('{', '}', () => Children.push(parseObjectField(tokens, constant)))
  return createNode('Value', { Children, Kind: open === '[' ? valueKinds.list : valueKinds.object, Comment })
}

function parseObjectField(tokens: TokenStream, constant: boolean): Node<'ChildValue'> {
  const Comment = tokens.comments()
  const Name = parseName(tokens)
  tokens.expect(':')
  return createNode('ChildValue', { Name, Comment, Value: parseValue(tokens, constant) })
}

export function parseArguments(tokens: TokenStream, constant: boolean): Node<'Argument'>[] {
  const list: Node<'Argument'>[] = []
  tokens.some('(', ')', () => {
    const Comment = tokens.comments()
    const Name = parseName(tokens)
    tokens.expect(':')
    list.push(createNode('Argument', { Name, Comment, Value: parseValue(tokens, constant) }))
  })
  return list
}

export function parseDirectives(tokens: TokenStream, constant: boolean): Node<'Directive'>[] {
  const list: Node<'Directive'>[] = []
  while (tokens.skip('@'))
    list.push(createNode('Directive', { Name: parseName(tokens), Arguments: parseArguments(tokens, constant) }))
  return list
}

export function parseType(tokens: TokenStream, depth = 0): Node<'Type'> {
  if (depth > maximumDepth) throw new RangeError('nested too deeply')
  let type: Node<'Type'>
  if (tokens.skip('[')) {
    type = createNode('Type', { Elem: parseType(tokens, depth + 1) })
    tokens.expect(']')
  } else type = createNode('Type', { NamedType: parseName(tokens) })
  type.NonNull = tokens.skip('!')
  return type
}

const maximumDepth = 500
