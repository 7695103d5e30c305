import { createNode, type Node } from './nodes.ts'
import { parseDirectives, parseName, parseType, parseValue } from './parse-parts.ts'
import type { Comments, TokenStream } from './token-stream.ts'

// What stands within the braces and parentheses of a type or directive definition.

interface Head {
  readonly Description: string
  readonly BeforeDescriptionComment: Comments
  readonly AfterDescriptionComment: Comments
  readonly Name: string
}

function parseHead(tokens: TokenStream): Head {
  const { kind } = tokens.peek()
  const before = tokens.comments()
  const Description = kind === 'BlockString' || kind === 'String' ? tokens.next().value : ''
  const BeforeDescriptionComment = Description === '' ? undefined : before
  tokens.peek() // finds the comments
  const AfterDescriptionComment = tokens.comments()
  return { Description, BeforeDescriptionComment, AfterDescriptionComment, Name: parseName(tokens) }
}

export function parseFields(tokens: TokenStream): Partial<Node<'Definition'>> {
  const Fields: Node<'FieldDefinition'>[] = []
  const EndOfDefinitionComment = tokens.some('{', '}', () => {
    const head = parseHead(tokens)
    const Arguments = parseArgumentDefinitions(tokens)
    tokens.expect(':')
    const Type = parseType(tokens)
    Fields.push(createNode('FieldDefinition', { ...head, Arguments, Type, Directives: parseDirectives(tokens, true) }))
  })
  return { Fields, EndOfDefinitionComment }
}

export function parseInputFields(tokens: TokenStream): Partial<Node<'Definition'>> {
  const Fields: Node<'FieldDefinition'>[] = []
  const EndOfDefinitionComment = tokens.some('{', '}', () => {
    Fields.push(createNode('FieldDefinition', parseInput(tokens)))
  })
  return { Fields, EndOfDefinitionComment }
}

export function parseArgumentDefinitions(tokens: TokenStream): Node<'ArgumentDefinition'>[] {
  const list: Node<'ArgumentDefinition'>[] = []
  tokens.some('(', ')', () => list.push(createNode('ArgumentDefinition', parseInput(tokens))))
  return list
}

function parseInput(tokens: TokenStream) {
  const head = parseHead(tokens)
  tokens.expect(':')
  const Type = parseType(tokens)
  const DefaultValue = tokens.skip('=') ? parseValue(tokens, true) : undefined
  return { ...head, Type, DefaultValue, Directives: parseDirectives(tokens, true) }
}

export function parseEnumValues(tokens: TokenStream): Partial<Node<'Definition'>> {
  const EnumValues: Node<'EnumValueDefinition'>[] = []
  const EndOfDefinitionComment = tokens.some('{', '}', () => {
    const head = parseHead(tokens)
    EnumValues.push(createNode('EnumValueDefinition', { ...head, Directives: parseDirectives(tokens, true) }))
  })
  return { EnumValues, EndOfDefinitionComment }
}
