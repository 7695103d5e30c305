/** Wrong types in a schema, in the words of the Go library gojsonschema. */
export const invalidType = (expected: string, given: string): Error =>
  new Error(`Invalid type. Expected: ${expected}, given: ${given}`)

/** How a document can fail, by the library's name for it, and what it says then. */
export const failures = {
  false: () => 'False always fails validation',
  required: ({ property }) => `${property} is required`,
  invalid_type: ({ expected, given }) => `Invalid type. Expected: ${expected}, given: ${given}`,
  number_any_of: () => 'Must validate at least one schema (anyOf)',
  number_one_of: () => 'Must validate one and only one schema (oneOf)',
  number_all_of: () => 'Must validate all the schemas (allOf)',
  number_not: () => 'Must not validate the schema (not)',
  missing_dependency: ({ dependency }) => `Has a dependency on ${dependency}`,
  const: ({ field, allowed }) => `${field} does not match: ${allowed}`,
  enum: ({ field, allowed }) => `${field} must be one of the following: ${allowed}`,
  array_no_additional_items: () => 'No additional items allowed on array',
  array_min_items: ({ min }) => `Array must have at least ${min} items`,
  array_max_items: ({ max }) => `Array must have at most ${max} items`,
  unique: ({ i, j }) => `array items[${i},${j}] must be unique`,
  contains: () => 'At least one of the items must match',
  array_min_properties: ({ min }) => `Must have at least ${min} properties`,
  array_max_properties: ({ max }) => `Must have at most ${max} properties`,
  additional_property_not_allowed: ({ property }) => `Additional property ${property} is not allowed`,
  invalid_property_name: ({ property }) => `Property name of "${property}" does not match`,
  string_gte: ({ min }) => `String length must be greater than or equal to ${min}`,
  string_lte: ({ max }) => `String length must be less than or equal to ${max}`,
  pattern: ({ pattern }) => `Does not match pattern '${pattern}'`,
  format: ({ format }) => `Does not match format '${format}'`,
  multiple_of: ({ multiple }) => `Must be a multiple of ${multiple}`,
  number_gte: ({ min }) => `Must be greater than or equal to ${min}`,
  number_gt: ({ min }) => `Must be greater than ${min}`,
  number_lte: ({ max }) => `Must be less than or equal to ${max}`,
  number_lt: ({ max }) => `Must be less than ${max}`,
  condition_then: () => 'Must validate "then" as "if" was valid',
  condition_else: () => 'Must validate "else" as "if" was not valid',
} as const satisfies Readonly<Record<string, (details: Details) => string>>

export type Details = Readonly<Record<'field' | DetailName, string | number | undefined>>
export type DetailName =
  | 'property'
  | 'expected'
  | 'given'
  | 'dependency'
  | 'allowed'
  | 'min'
  | 'max'
  | 'i'
  | 'j'
  | 'pattern'
  | 'format'
  | 'multiple'

export type FailureName = keyof typeof failures
