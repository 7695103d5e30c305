import type { Outcome, Path } from './outcome.ts'
import type { Schema } from './schema.ts'
import { isTreeObject, type Tree } from './tree.ts'
import type { Validator } from './validator.ts'

const isValid = ({ failures }: Outcome): boolean => failures.length === 0

/** `anyOf`, `oneOf`, `allOf`, `not`, `dependencies` and `if`; of alternatives that all fail, the closest says why. */
export function validateAlternatives(
  schema: Schema,
  node: Tree,
  outcome: Outcome,
  path: Path,
  within: Validator,
): void {
  if (schema.anyOf.length > 0) validateAny(schema.anyOf, node, outcome, path, within)
  if (schema.oneOf.length > 0) validateOne(schema.oneOf, node, outcome, path, within)
  if (schema.allOf.length > 0) validateAll(schema.allOf, node, outcome, path, within)
  if (schema.not && isValid(within.validated(schema.not, node, path))) outcome.fail('number_not', path)
  if (isTreeObject(node)) {
    for (const name of [...node.keys()].sort()) {
      const dependency = schema.dependencies.get(name)
      if (!dependency) continue
      if ('types' in dependency) within.validate(dependency, node, outcome, path)
      else
        for (const needed of dependency)
          if (!node.has(needed)) outcome.fail('missing_dependency', path, { dependency: needed })
    }
  }
  if (schema.if) {
    const holds = isValid(within.validated(schema.if, node, path))
    validateCondition(schema, holds, node, outcome, path, within)
  }
  outcome.passed()
}

function validateAny(schemas: readonly Schema[], node: Tree, outcome: Outcome, path: Path, within: Validator): void {
  let best: Outcome | undefined
  for (const one of schemas) {
    const tried = within.validated(one, node, path)
    if (isValid(tried)) return
    if (!best || tried.score() > best.score()) best = tried
  }
  outcome.fail('number_any_of', path)
  if (best) outcome.merge(best)
}

function validateOne(schemas: readonly Schema[], node: Tree, outcome: Outcome, path: Path, within: Validator): void {
  let valid = 0
  let best: Outcome | undefined
  for (const one of schemas) {
    const tried = within.validated(one, node, path)
    if (isValid(tried)) valid++
    else if (valid === 0 && (!best || tried.score() > best.score())) best = tried
  }
  if (valid === 1) return
  outcome.fail('number_one_of', path)
  if (valid === 0 && best) outcome.merge(best)
}

function validateAll(schemas: readonly Schema[], node: Tree, outcome: Outcome, path: Path, within: Validator): void {
  let valid = true
  for (const one of schemas) {
    const tried = within.validated(one, node, path)
    valid &&= isValid(tried)
    outcome.merge(tried)
  }
  if (!valid) outcome.fail('number_all_of', path)
}

function validateCondition(
  schema: Schema,
  holds: boolean,
  node: Tree,
  outcome: Outcome,
  path: Path,
  within: Validator,
): void {
  const branch = holds ? schema.then : schema.else
  if (!branch) return
  const tried = within.validated(branch, node, path)
  if (isValid(tried)) return
  outcome.fail(holds ? 'condition_then' : 'condition_else', path)
  outcome.merge(tried)
}
