import { compileRegex } from '../regex-compile.ts'
import { type Draft, draftOf, knows } from './draft.ts'
import { listAt } from './list-at.ts'
import { invalidType } from './messages.ts'
import { readEnum, readNumbers, readRequired, readSizes, readTypes, readUniqueItems } from './parse-values.ts'
import { createPool } from './pool.ts'
import { readReference, textOf } from './reference.ts'
import { createSchema, type Schema } from './schema.ts'
import { canonicalText, isTreeList, isTreeObject, type Tree, type TreeObject } from './tree.ts'

/**
 * Reads a JSON Schema, draft 4 to 7 or a mixture, as the Go library gojsonschema does, patterns in RE2 syntax. Throws
 * its message where it is no schema; other documents are not fetched.
 */
export function parseSchema(document: Tree): Schema {
  const pool = createPool(document)
  const references = new Map<string, Schema>()
  return parse(pool.root, draftOf(document) ?? 'mixed')

  function parse(tree: Tree, draft: Draft, into = createSchema()): Schema {
    if (typeof tree === 'boolean' && knows(draft, 6)) {
      into.pass = tree
      return into
    }
    if (!isTreeObject(tree)) throw new Error('Expected: Valid Schema, given: Invalid JSON')
    const child = (inner: Tree): Schema => parse(inner, draft)
    const id = stringAt(tree, draft === 4 || (draft === 'mixed' && tree.has('id')) ? 'id' : '$id')
    if (id !== undefined) readReference(id)
    const definitions = tree.get('definitions')
    if (definitions !== undefined) eachSchema(definitions, 'definitions', child)
    stringAt(tree, 'title')
    stringAt(tree, 'description')
    if (readReferenceOf(tree, draft, into)) return into
    readTypes(tree, into)
    readObjectKeywords(tree, draft, into, child)
    readArrayKeywords(tree, draft, into, child)
    readValues(tree, draft, into)
    for (const name of ['oneOf', 'anyOf', 'allOf'] as const)
      for (const one of listAt(tree, name)) into[name].push(child(one))
    for (const name of ['not', ...(knows(draft, 7) ? (['if', 'then', 'else'] as const) : [])] as const) {
      const given = tree.get(name)
      if (given === undefined) continue
      if (typeof given !== 'boolean' && !isTreeObject(given)) throw new Error(`${name} must be of an object`)
      into[name] = child(given)
    }
    return into
  }

  /** Whether the schema is nothing but a reference that is met for the first time; else the rest is read too. */
  function readReferenceOf(tree: TreeObject, draft: Draft, into: Schema): boolean {
    const text = stringAt(tree, '$ref')
    if (text === undefined) return false
    const reference = readReference(text)
    const known = references.get(textOf(reference))
    if (known) {
      into.reference = known
      return false
    }
    const target = createSchema()
    references.set(textOf(reference), target)
    const found = pool.find(reference)
    if (typeof found.document !== 'boolean' && !isTreeObject(found.document))
      throw new Error('Valid Schema must be of type object')
    parse(found.document, found.draft ?? draft, target)
    into.reference = target
    return true
  }
}

function readObjectKeywords(tree: TreeObject, draft: Draft, into: Schema, child: (tree: Tree) => Schema): void {
  const properties = tree.get('properties')
  if (properties !== undefined) {
    if (!isTreeObject(properties)) throw new Error('Properties must be of type object')
    for (const [name, inner] of sorted(properties)) into.properties.set(name, child(inner))
  }
  const additional = tree.get('additionalProperties')
  if (additional !== undefined) into.additionalProperties = flagOrSchema(additional, 'additionalProperties', child)
  const patterns = tree.get('patternProperties')
  if (patterns !== undefined) {
    if (!isTreeObject(patterns)) throw invalidType('Valid Schema', 'patternProperties')
    for (const [name, inner] of sorted(patterns)) {
      const pattern = compiled(name, `Invalid regex pattern '${name}'`)
      into.patternProperties.set(name, { pattern, schema: child(inner) })
    }
  }
  const names = tree.get('propertyNames')
  if (names !== undefined && knows(draft, 6)) {
    if (typeof names !== 'boolean' && !isTreeObject(names)) throw invalidType('Valid Schema', 'patternProperties')
    into.propertyNames = child(names)
  }
  const dependencies = tree.get('dependencies')
  if (dependencies === undefined) return
  if (!isTreeObject(dependencies)) throw new Error('dependencies must be of type object')
  for (const [name, given] of sorted(dependencies)) into.dependencies.set(name, dependencyOf(given, child))
}

function dependencyOf(given: Tree, child: (tree: Tree) => Schema): Schema | readonly string[] {
  if (typeof given === 'boolean' || isTreeObject(given)) return child(given)
  const names = isTreeList(given) ? given.filter((name) => typeof name === 'string') : undefined
  if (!names || names.length < (isTreeList(given) ? given.length : 0))
    throw new Error('Dependency must be of type Schema Or Array Of Strings')
  return names
}

function readArrayKeywords(tree: TreeObject, draft: Draft, into: Schema, child: (tree: Tree) => Schema): void {
  const items = tree.get('items')
  const isSchema = (given: Tree): boolean => typeof given === 'boolean' || isTreeObject(given)
  if (items !== undefined) {
    if (isTreeList(items) ? !items.every(isSchema) : !isSchema(items))
      throw invalidType('Valid Schema/Array Of Schemas', 'items')
    into.items = isTreeList(items) ? items.map(child) : child(items)
  }
  const additional = tree.get('additionalItems')
  if (additional !== undefined) into.additionalItems = flagOrSchema(additional, 'additionalItems', child)
  const contains = tree.get('contains')
  if (contains !== undefined && knows(draft, 6)) into.contains = child(contains)
}

/** The keywords that hold no schemas. */
function readValues(tree: TreeObject, draft: Draft, into: Schema): void {
  readNumbers(tree, draft, into)
  readSizes(tree, into, ['minLength', 'maxLength'])
  const pattern = stringAt(tree, 'pattern')
  if (pattern !== undefined)
    into.pattern = { program: compiled(pattern, 'pattern must be a valid regex'), text: pattern }
  into.format = stringAt(tree, 'format') ?? ''
  readSizes(tree, into, ['minProperties', 'maxProperties'])
  readRequired(tree, into)
  readSizes(tree, into, ['minItems', 'maxItems'])
  readUniqueItems(tree, into)
  const constant = tree.get('const')
  if (constant !== undefined && knows(draft, 6)) into.const = canonicalText(constant)
  readEnum(tree, into)
}

function flagOrSchema(given: Tree, name: string, child: (tree: Tree) => Schema): boolean | Schema {
  if (typeof given === 'boolean') return given
  if (!isTreeObject(given)) throw invalidType('boolean/Valid Schema', name)
  return child(given)
}

function eachSchema(given: Tree, name: string, child: (tree: Tree) => Schema): void {
  if (!isTreeObject(given)) throw invalidType('Array Of Schemas', name)
  for (const [, inner] of sorted(given)) {
    if (typeof inner !== 'boolean' && !isTreeObject(inner)) throw invalidType('Array Of Schemas', name)
    child(inner)
  }
}

function compiled(pattern: string, message: string) {
  try {
    return compileRegex(pattern).program
  } catch {
    throw new Error(message)
  }
}

function stringAt(tree: TreeObject, name: string): string | undefined {
  const given = tree.get(name)
  if (given !== undefined && typeof given !== 'string') throw invalidType('string', name)
  return given
}

// Go goes through maps in no order; this one is the same every time
const sorted = (tree: TreeObject): readonly (readonly [string, Tree])[] =>
  [...tree].sort(([a], [b]) => (a < b ? -1 : 1))
