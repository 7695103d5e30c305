import { hasFormat } from './formats.ts'
import { createOutcome, type Outcome, type Path } from './outcome.ts'
import { compareRationals, isInteger, isMultipleOf, type Rational, rationalOf, shownRational } from './rational.ts'
import type { Schema } from './schema.ts'
import { canonicalText, isJsonNumber, isTreeList, isTreeObject, type Tree } from './tree.ts'
import { validateArray } from './validate-array.ts'
import { validateAlternatives } from './validate-alternatives.ts'
import { validateObject } from './validate-object.ts'
import type { Validator } from './validator.ts'

const mostSteps = 500_000

/**
 * Validates a document, in the order and with the scores of the Go library gojsonschema. Throws beyond half a million
 * schemas that were tried: alternatives within alternatives multiply.
 */
export function validateDocument(schema: Schema, document: Tree): Outcome {
  let steps = 0
  const validator: Validator = {
    validate(inner, node, outcome, path) {
      if (++steps > mostSteps) throw new RangeError('too many alternatives')
      validate(inner, node, outcome, path, validator)
    },
    validated(inner, node, path) {
      const outcome = createOutcome()
      validator.validate(inner, node, outcome, path)
      return outcome
    },
  }
  return validator.validated(schema, document, [])
}

function validate(schema: Schema, node: Tree, outcome: Outcome, path: Path, within: Validator): void {
  if (schema.pass !== undefined) {
    if (!schema.pass) outcome.fail('false', path)
    return
  }
  if (schema.reference) {
    within.validate(schema.reference, node, outcome, path)
    return
  }
  const number = rationalOf(node)
  const given = typeOf(node, number)
  if (schema.types.length > 0 && !allows(schema, given)) {
    outcome.fail('invalid_type', path, { expected: shownTypes(schema), given })
    return
  }
  validateAlternatives(schema, node, outcome, path, within)
  if (number) validateNumber(schema, number, outcome, path)
  if (isTreeList(node)) validateArray(schema, node, outcome, path, within)
  if (isTreeObject(node)) validateObject(schema, node, outcome, path, within)
  validateCommon(schema, node, outcome, path)
  if (typeof node === 'string') validateString(schema, node, outcome, path)
  if (isTreeObject(node)) {
    for (const [name, inner] of schema.properties) {
      const member = node.get(name)
      if (member !== undefined) within.validate(inner, member, outcome, [...path, name])
    }
  }
  outcome.passed()
}

function typeOf(node: Tree, number: Rational | undefined): string {
  if (node === null) return 'null'
  if (number) return isInteger(number) ? 'integer' : 'number'
  if (isTreeList(node)) return 'array'
  return isTreeObject(node) ? 'object' : isJsonNumber(node) ? 'number' : typeof node
}

const allows = ({ types }: Schema, given: string): boolean =>
  types.includes(given) || (given === 'integer' && types.includes('number'))

const shownTypes = ({ types }: Schema): string => (types.length > 1 ? `[${types.join(',')}]` : types.join(''))

function validateCommon(schema: Schema, node: Tree, outcome: Outcome, path: Path): void {
  if (schema.const !== undefined && canonicalText(node) !== schema.const)
    outcome.fail('const', path, { allowed: schema.const })
  if (schema.enum.length > 0 && !schema.enum.includes(canonicalText(node)))
    outcome.fail('enum', path, { allowed: schema.enum.join(', ') })
  if (!hasFormat(schema.format, node)) outcome.fail('format', path, { format: schema.format })
  outcome.passed()
}

function validateNumber({ numbers }: Schema, number: Rational, outcome: Outcome, path: Path): void {
  const { multipleOf, maximum, exclusiveMaximum, minimum, exclusiveMinimum } = numbers
  if (multipleOf && !isMultipleOf(number, multipleOf))
    outcome.fail('multiple_of', path, { multiple: shownRational(multipleOf) })
  if (maximum && compareRationals(number, maximum) > 0)
    outcome.fail('number_lte', path, { max: shownRational(maximum) })
  if (exclusiveMaximum && compareRationals(number, exclusiveMaximum) >= 0)
    outcome.fail('number_lt', path, { max: shownRational(exclusiveMaximum) })
  if (minimum && compareRationals(number, minimum) < 0)
    outcome.fail('number_gte', path, { min: shownRational(minimum) })
  if (exclusiveMinimum && compareRationals(number, exclusiveMinimum) <= 0)
    outcome.fail('number_gt', path, { min: shownRational(exclusiveMinimum) })
  outcome.passed()
}

function validateString({ sizes, pattern }: Schema, text: string, outcome: Outcome, path: Path): void {
  const length = Array.from(text).length
  if (sizes.minLength !== undefined && length < sizes.minLength)
    outcome.fail('string_gte', path, { min: sizes.minLength })
  if (sizes.maxLength !== undefined && length > sizes.maxLength)
    outcome.fail('string_lte', path, { max: sizes.maxLength })
  if (pattern && !pattern.program.matcher(text).find()) outcome.fail('pattern', path, { pattern: pattern.text })
  outcome.passed()
}
