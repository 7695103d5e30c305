import { createNode, type Node } from './nodes.ts'
import { parseArgumentDefinitions, parseEnumValues, parseFields, parseInputFields } from './parse-definitions.ts'
import { parseDirectives, parseName } from './parse-parts.ts'
import { type Comments, createTokenStream, type TokenStream } from './token-stream.ts'

interface Description {
  readonly Description: string
  readonly BeforeDescriptionComment?: Comments
}

type DefinitionParts = Partial<Node<'Definition'>>

/** What follows the name of a type, by the word that begins it; of an extension, whether anything does. */
interface TypeParser {
  readonly kind: string
  readonly parse: (tokens: TokenStream) => DefinitionParts
  readonly interfaces?: 'always' | 'first'
}

const typeParsers: Readonly<Record<string, TypeParser>> = {
  scalar: { kind: 'SCALAR', parse: () => ({}) },
  type: { kind: 'OBJECT', interfaces: 'always', parse: parseFields },
  interface: { kind: 'INTERFACE', interfaces: 'first', parse: parseFields },
  union: { kind: 'UNION', parse: (tokens) => ({ Types: parseUnionTypes(tokens) }) },
  enum: { kind: 'ENUM', parse: parseEnumValues },
  input: { kind: 'INPUT_OBJECT', parse: parseInputFields },
}

/** Reads a type system document. Throws where it is none; it is not validated. */
export function parseSchema(text: string, BuiltIn = false): Node<'SchemaDocument'> {
  const tokens = createTokenStream(text)
  const document = createNode('SchemaDocument', {})
  while (tokens.peek().kind !== 'EOF') {
    const description = parseDescription(tokens)
    const { kind, value } = tokens.peek()
    if (kind !== 'Name') throw new Error('not a definition')
    if (Object.hasOwn(typeParsers, value)) document.Definitions.push(parseDefinition(tokens, description, BuiltIn))
    else if (value === 'schema') document.Schema.push(parseSchemaDefinition(tokens, description))
    else if (value === 'directive') document.Directives.push(parseDirectiveDefinition(tokens, description))
    else if (value === 'extend' && description.Description === '') parseExtension(tokens, document, BuiltIn)
    else throw new Error('not a definition')
  }
  document.Comment = tokens.comments()
  return document
}

function parseDescription(tokens: TokenStream): Description {
  const { kind } = tokens.peek()
  if (kind !== 'BlockString' && kind !== 'String') return { Description: '' }
  const BeforeDescriptionComment = tokens.comments()
  return { BeforeDescriptionComment, Description: tokens.next().value }
}

function parseDefinition(tokens: TokenStream, description: Description, BuiltIn: boolean): Node<'Definition'> {
  const word = tokens.peek().value
  const parser = typeParserOf(word)
  const AfterDescriptionComment = tokens.expectKeyword(word)
  return createNode('Definition', {
    ...description,
    AfterDescriptionComment,
    BuiltIn,
    Kind: parser.kind,
    Name: parseName(tokens),
    Interfaces: parser.interfaces ? parseInterfaces(tokens) : [],
    Directives: parseDirectives(tokens, true),
    ...parser.parse(tokens),
  })
}

function typeParserOf(word: string): TypeParser {
  const parser = Object.hasOwn(typeParsers, word) ? typeParsers[word] : undefined
  if (!parser) throw new Error('not a type')
  return parser
}

function parseExtension(tokens: TokenStream, document: Node<'SchemaDocument'>, BuiltIn: boolean): void {
  const AfterDescriptionComment = tokens.expectKeyword('extend')
  const word = tokens.peek().value
  tokens.expectKeyword(word)
  if (word === 'schema') {
    const extension = createNode('SchemaDefinition', { AfterDescriptionComment, ...parseOperationTypes(tokens) })
    if (extension.Directives.length + extension.OperationTypes.length === 0) throw new Error('an empty extension')
    document.SchemaExtension.push(extension)
    return
  }
  const parser = typeParserOf(word)
  const extension = createNode('Definition', {
    AfterDescriptionComment,
    BuiltIn,
    Kind: parser.kind,
    Name: parseName(tokens),
    Interfaces: parser.interfaces === 'always' ? parseInterfaces(tokens) : [],
    Directives: parseDirectives(tokens, word !== 'input'),
    ...parser.parse(tokens),
  })
  const { Interfaces, Directives, Fields, Types, EnumValues } = extension
  if ([Interfaces, Directives, Fields, Types, EnumValues].every((list) => list.length === 0))
    throw new Error('an empty extension')
  document.Extensions.push(extension)
}

function parseSchemaDefinition(tokens: TokenStream, description: Description): Node<'SchemaDefinition'> {
  const AfterDescriptionComment = tokens.expectKeyword('schema')
  return createNode('SchemaDefinition', { ...description, AfterDescriptionComment, ...parseOperationTypes(tokens) })
}

function parseOperationTypes(tokens: TokenStream): Partial<Node<'SchemaDefinition'>> {
  const Directives = parseDirectives(tokens, true)
  const OperationTypes: Node<'OperationTypeDefinition'>[] = []
  const EndOfDefinitionComment = tokens.some('{', '}', () => {
    const Comment = tokens.comments()
    const Operation = tokens.next().value
    if (!['query', 'mutation', 'subscription'].includes(Operation)) throw new Error('not an operation')
    tokens.expect(':')
    OperationTypes.push(createNode('OperationTypeDefinition', { Comment, Operation, Type: parseName(tokens) }))
  })
  return { Directives, OperationTypes, EndOfDefinitionComment }
}

function parseInterfaces(tokens: TokenStream): string[] {
  if (tokens.peek().value !== 'implements') return []
  tokens.next()
  return parseSeparated(tokens, '&', () => parseName(tokens))
}

const parseUnionTypes = (tokens: TokenStream): string[] =>
  tokens.skip('=') ? parseSeparated(tokens, '|', () => parseName(tokens)) : []

/** At least one item; the separator may also stand before the first. */
function parseSeparated(tokens: TokenStream, separator: '&' | '|', item: () => string): string[] {
  tokens.skip(separator)
  const items = [item()]
  while (tokens.skip(separator)) items.push(item())
  return items
}

const locations: readonly string[] = (
  'QUERY MUTATION SUBSCRIPTION FIELD FRAGMENT_DEFINITION FRAGMENT_SPREAD INLINE_FRAGMENT VARIABLE_DEFINITION SCHEMA ' +
  'SCALAR OBJECT FIELD_DEFINITION ARGUMENT_DEFINITION INTERFACE UNION ENUM ENUM_VALUE INPUT_OBJECT INPUT_FIELD_DEFINITION'
).split(' ')

function parseDirectiveDefinition(tokens: TokenStream, description: Description): Node<'DirectiveDefinition'> {
  const AfterDescriptionComment = tokens.expectKeyword('directive')
  tokens.expect('@')
  const Name = parseName(tokens)
  const Arguments = parseArgumentDefinitions(tokens)
  const { kind, value } = tokens.peek()
  const IsRepeatable = kind === 'Name' && value === 'repeatable' && tokens.skip('Name')
  tokens.expectKeyword('on')
  const Locations = parseSeparated(tokens, '|', () => {
    const location = parseName(tokens)
    if (!locations.includes(location)) throw new Error('not a location')
    return location
  })
  return createNode('DirectiveDefinition', {
    ...description,
    AfterDescriptionComment,
    Name,
    Arguments,
    IsRepeatable,
    Locations,
  })
}
