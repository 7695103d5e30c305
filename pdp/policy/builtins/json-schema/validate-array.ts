import type { Outcome, Path } from './outcome.ts'
import type { Schema } from './schema.ts'
import { canonicalText, type Tree } from './tree.ts'
import type { Validator } from './validator.ts'

export function validateArray(
  schema: Schema,
  list: readonly Tree[],
  outcome: Outcome,
  path: Path,
  within: Validator,
): void {
  validateItems(schema, list, outcome, path, within)
  const { minItems, maxItems } = schema.sizes
  if (minItems !== undefined && list.length < minItems) outcome.fail('array_min_items', path, { min: minItems })
  if (maxItems !== undefined && list.length > maxItems) outcome.fail('array_max_items', path, { max: maxItems })
  if (schema.uniqueItems) {
    const seen = new Map<string, number>()
    for (const [j, item] of list.entries()) {
      const text = canonicalText(item)
      const i = seen.get(text)
      if (i !== undefined) outcome.fail('unique', path, { i, j })
      seen.set(text, j)
    }
  }
  if (schema.contains) validateContains(schema.contains, list, outcome, path, within)
  outcome.passed()
}

function validateItems(
  { items, additionalItems }: Schema,
  list: readonly Tree[],
  outcome: Outcome,
  path: Path,
  within: Validator,
): void {
  if (items === undefined) return
  const each = isSchemaList(items) ? undefined : items
  for (const [i, item] of list.entries()) {
    const one = isSchemaList(items) ? items[i] : each
    const own = one ?? (typeof additionalItems === 'object' ? additionalItems : undefined)
    if (own) outcome.merge(within.validated(own, item, [...path, String(i)]))
  }
  if (isSchemaList(items) && items.length > 0 && items.length < list.length && additionalItems === false)
    outcome.fail('array_no_additional_items', path)
}

// Array.isArray does not narrow a readonly array
const isSchemaList = (items: Schema | readonly Schema[]): items is readonly Schema[] => Array.isArray(items)

function validateContains(
  schema: Schema,
  list: readonly Tree[],
  outcome: Outcome,
  path: Path,
  within: Validator,
): void {
  let best: Outcome | undefined
  for (const [i, item] of list.entries()) {
    const tried = within.validated(schema, item, [...path, String(i)])
    if (tried.failures.length === 0) return
    if (!best || tried.score() > best.score()) best = tried
  }
  outcome.fail('contains', path)
  if (best) outcome.merge(best)
}
