import type { Outcome, Path } from './outcome.ts'
import type { Schema } from './schema.ts'
import type { Tree, TreeObject } from './tree.ts'
import type { Validator } from './validator.ts'

export function validateObject(
  schema: Schema,
  object: TreeObject,
  outcome: Outcome,
  path: Path,
  within: Validator,
): void {
  const { minProperties, maxProperties } = schema.sizes
  if (minProperties !== undefined && object.size < minProperties)
    outcome.fail('array_min_properties', path, { min: minProperties })
  if (maxProperties !== undefined && object.size > maxProperties)
    outcome.fail('array_max_properties', path, { max: maxProperties })
  for (const property of schema.required) {
    if (object.has(property)) outcome.passed()
    else outcome.fail('required', path, { property })
  }
  const members = [...object].sort(([a], [b]) => (a < b ? -1 : 1)) // Go takes them in no order
  for (const [name, value] of members) {
    const matched = validatePatterns(schema, name, value, outcome, path, within)
    if (!matched && !schema.properties.has(name)) validateAdditional(schema, name, value, outcome, path, within)
  }
  if (schema.propertyNames) {
    for (const [property] of members) {
      const tried = within.validated(schema.propertyNames, property, path)
      if (tried.failures.length === 0) continue
      outcome.fail('invalid_property_name', path, { property })
      outcome.merge(tried)
    }
  }
  outcome.passed()
}

function validatePatterns(
  schema: Schema,
  name: string,
  value: Tree,
  outcome: Outcome,
  path: Path,
  within: Validator,
): boolean {
  let matched = false
  for (const { pattern, schema: inner } of schema.patternProperties.values()) {
    if (!pattern.matcher(name).find()) continue
    matched = true
    outcome.merge(within.validated(inner, value, [...path, name]))
  }
  if (matched) outcome.passed()
  return matched
}

function validateAdditional(
  schema: Schema,
  name: string,
  value: Tree,
  outcome: Outcome,
  path: Path,
  within: Validator,
): void {
  const { additionalProperties } = schema
  if (additionalProperties === false) outcome.fail('additional_property_not_allowed', path, { property: name })
  if (typeof additionalProperties === 'object')
    outcome.merge(within.validated(additionalProperties, value, [...path, name]))
}
