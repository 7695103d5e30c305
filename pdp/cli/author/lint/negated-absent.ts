import { isArray, isObject, type JsonObject, type JsonValue, member } from '../../../core/json.ts'
import type { RegoError } from '../../../rego/answer.ts'
import { listAt, locationOf, namesOf, refPath, refsIn, textOf } from './syntax.ts'

const comparisons: ReadonlySet<string> = new Set(['gt', 'gte', 'lt', 'lte', 'equal', 'eq', 'neq', 'internal.member_2'])

/** Rules by whose names something is refused: there an absent value refuses, as it should. */
const refusing =
  /(?:^|_)(?:den(?:y|ied|ials?|ies)|violations?|refus(?:e|ed|al|als)|reject(?:ed|ions?)?|forbidden|block(?:ed)?)(?:_|$)/

/**
 * Finds negated comparisons of what may be absent: where it is, the comparison is undefined and its negation holds, so that an
 * absent fact allows (`not input.context.risk >= 3`). Of a value that the same body needs elsewhere nothing is said: without it
 * the body does not hold. `mayBeAbsent`: of a path below `input`.
 */
export function findNegatedAbsent(
  file: string,
  module: JsonObject,
  mayBeAbsent: (path: readonly string[]) => boolean,
): readonly RegoError[] {
  const rules = listAt(module, 'rules')
  const aliases = aliasesOf(rules, mayBeAbsent)
  const found: RegoError[] = []
  for (const rule of rules) {
    if (refusing.test(namesOf(member(rule, 'head')).join('_'))) continue
    for (const body of bodiesOf(rule)) found.push(...faultsOf(file, body, aliases, mayBeAbsent))
  }
  return found
}

function faultsOf(
  file: string,
  body: readonly JsonObject[],
  aliases: ReadonlySet<string>,
  mayBeAbsent: (path: readonly string[]) => boolean,
): readonly RegoError[] {
  const needed = new Set(
    body
      .filter((each) => !isNegated(each))
      .flatMap((each) => [...refsIn(termsOf(each))].map((ref) => refPath(ref).join('.'))),
  )
  const isAbsent = (path: readonly string[]): boolean =>
    !needed.has(path.join('.')) &&
    [...needed].every((name) => !name.startsWith(`${path.join('.')}.`)) &&
    (path[0] === 'input' ? path.length > 1 && mayBeAbsent(path.slice(1)) : aliases.has(path.join('.')))
  return body.filter(isNegated).flatMap((expression) => {
    const [operator, ...operands] = termsOf(expression)
    if (!operator || !comparisons.has(operatorOf(operator))) return []
    const absent = operands.flatMap((operand) => [...refsIn(operand)]).find((ref) => isAbsent(refPath(ref)))
    if (!absent) return []
    const { row, col, text } = locationOf(expression)
    const name = refPath(absent).join('.')
    const message = `\`${text.replaceAll(/\s+/g, ' ')}\` holds where ${name} is absent: compare without \`not\`, or ask for ${name} first`
    return [{ code: 'negated_absent', message, file, row, col }]
  })
}

const isNegated = (expression: JsonObject): boolean => member(expression, 'negated') === true

const termsOf = (expression: JsonObject): readonly JsonValue[] => {
  const terms = member(expression, 'terms')
  return isArray(terms) ? terms : terms === undefined ? [] : [terms]
}

const operatorOf = (term: JsonValue): string =>
  isObject(term)
    ? listAt(term, 'value')
        .map((step) => textOf(step, 'value'))
        .join('.')
    : ''

/** Every body of a rule: its own, those of `else`, and those within. */
function* bodiesOf(node: JsonValue | undefined): Generator<readonly JsonObject[]> {
  if (isArray(node)) {
    for (const each of node) yield* bodiesOf(each)
    return
  }
  if (!isObject(node)) return
  const body = listAt(node, 'body')
  if (body.length > 0) yield body
  for (const [name, each] of Object.entries(node)) if (name !== 'location') yield* bodiesOf(each)
}

/** Rules that give a value of the input as it is, and have none where it is absent: `level := input.subject.assurance.level`. */
function aliasesOf(
  rules: readonly JsonObject[],
  mayBeAbsent: (path: readonly string[]) => boolean,
): ReadonlySet<string> {
  const nameOf = (rule: JsonObject) => namesOf(member(rule, 'head')).join('.')
  const defaults = new Set(rules.filter((rule) => member(rule, 'default') === true).map(nameOf))
  return new Set(
    rules.flatMap((rule) => {
      const head = member(rule, 'head')
      const value = isObject(head) ? member(head, 'value') : undefined
      const [first, ...path] = isObject(value) ? refPath(value) : []
      return first === 'input' && path.length > 0 && mayBeAbsent(path) && !defaults.has(nameOf(rule))
        ? [nameOf(rule)]
        : []
    }),
  )
}
