import type { RE2JS } from 're2js'
import type { Rational } from './rational.ts'

/** A schema that was read; what it does not say is absent. Filled in while it is read, for schemas may be circular. */
export interface Schema {
  /** Of the schemas `true` and `false`. */
  pass?: boolean
  /** Everything else but this is ignored. */
  reference?: Schema
  types: string[]
  properties: Map<string, Schema>
  patternProperties: Map<string, { readonly pattern: RE2JS; readonly schema: Schema }>
  additionalProperties?: boolean | Schema
  propertyNames?: Schema
  dependencies: Map<string, Schema | readonly string[]>
  /** One for all items, or one for each. */
  items?: Schema | readonly Schema[]
  additionalItems?: boolean | Schema
  contains?: Schema
  numbers: Partial<Record<NumberKeyword, Rational>>
  sizes: Partial<Record<SizeKeyword, number>>
  pattern?: { readonly program: RE2JS; readonly text: string }
  format: string
  required: readonly string[]
  uniqueItems: boolean
  const?: string
  enum: readonly string[]
  anyOf: Schema[]
  oneOf: Schema[]
  allOf: Schema[]
  not?: Schema
  if?: Schema
  then?: Schema
  else?: Schema
}

export type NumberKeyword = 'multipleOf' | 'minimum' | 'exclusiveMinimum' | 'maximum' | 'exclusiveMaximum'
export type SizeKeyword = 'minLength' | 'maxLength' | 'minProperties' | 'maxProperties' | 'minItems' | 'maxItems'

export const createSchema = (): Schema => ({
  types: [],
  properties: new Map(),
  patternProperties: new Map(),
  dependencies: new Map(),
  numbers: {},
  sizes: {},
  format: '',
  required: [],
  uniqueItems: false,
  enum: [],
  anyOf: [],
  oneOf: [],
  allOf: [],
})
