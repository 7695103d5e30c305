import { isArray, isObject, type JsonObject, type JsonValue, member } from '../../../core/json.ts'

/** A policy with one thing changed, to see whether a test notices. */
export interface Mutant {
  /** File, rule, operator and the change itself; the same as long as these are. */
  readonly name: string
  readonly operator: MutationOperator
  readonly file: string
  readonly row: number
  readonly col: number
  /** The text of the file with the change. */
  readonly text: string
}

export type MutationOperator =
  | 'negate a condition'
  | 'drop an expression'
  | 'swap a comparison'
  | 'change a constant'
  | 'drop a rule'
  | 'flip a default'

/** One change of a text at a place. */
interface Edit {
  readonly operator: MutationOperator
  readonly row: number
  readonly col: number
  readonly before: string
  readonly after: string
}

const swapped: Readonly<Record<string, string>> = {
  '==': '!=',
  '!=': '==',
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
}

/**
 * All changes of a module that the operators know, in the order of the text. `tree`: its syntax tree with locations, as
 * `parse` answers it. Some may not compile: nobody could ship these.
 */
export function listMutants(file: string, text: string, tree: JsonObject): readonly Mutant[] {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)]
  const mutants: Mutant[] = []
  const counts = new Map<string, number>()
  for (const { rule, edit } of editsOf(tree)) {
    const { operator, row, col, before, after } = edit
    const at = (starts[row - 1] ?? 0) + col - 1
    if (!text.startsWith(before, at)) continue
    const said = `${file} ${rule}: ${operator}: ${shown(before)}${after === '' ? '' : ` → ${shown(after)}`}`
    const count = (counts.get(said) ?? 0) + 1
    counts.set(said, count)
    mutants.push({
      name: count === 1 ? said : `${said} (${count})`,
      operator,
      file,
      row,
      col,
      text: text.slice(0, at) + after + text.slice(at + before.length),
    })
  }
  return mutants
}

const longestShown = 60
function shown(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > longestShown ? `${line.slice(0, longestShown)}…` : line
}

function* editsOf(tree: JsonObject): Generator<{ readonly rule: string; readonly edit: Edit }> {
  for (const rule of objectsIn(member(tree, 'rules'))) {
    const head = member(rule, 'head')
    const name = isObject(head) ? textMember(head, 'name') : ''
    for (const edit of [...editsOfRule(rule), ...editsBelow(rule)]) yield { rule: name, edit }
  }
}

function* editsOfRule(rule: JsonObject): Generator<Edit> {
  const place = placeOf(rule)
  const head = member(rule, 'head')
  if (member(rule, 'default') === true) {
    const value = isObject(head) ? member(head, 'value') : undefined
    const constant = isObject(value) ? constantEdit(value) : undefined
    if (constant) yield { ...constant, operator: 'flip a default' }
  } else if (place) yield { operator: 'drop a rule', ...place, after: '' }
}

/** Expressions and constants, wherever they stand; names of members are no constants. */
function* editsBelow(node: JsonValue): Generator<Edit> {
  if (isArray(node)) {
    for (const each of node) yield* editsBelow(each)
    return
  }
  if (!isObject(node)) return
  if (member(node, 'terms') !== undefined) yield* editsOfExpression(node)
  const constant = constantEdit(node)
  if (constant) yield constant
  const [type, value] = [member(node, 'type'), member(node, 'value')]
  if (type === 'object' && isArray(value)) {
    for (const pair of value) if (isArray(pair)) yield* editsBelow(pair[1] ?? null)
    return
  }
  if (member(node, 'default') === true) return
  for (const [name, each] of Object.entries(node)) if (name !== 'location' && name !== 'ref') yield* editsBelow(each)
}

function* editsOfExpression(expression: JsonObject): Generator<Edit> {
  const place = placeOf(expression)
  const terms = member(expression, 'terms')
  if (!place || (isObject(terms) && member(terms, 'symbols') !== undefined)) return
  const operator = Array.isArray(terms) ? placeOf(terms[0] as JsonValue) : undefined
  if (operator?.before === ':=') return
  const negated = /^not\s+/.exec(place.before)
  yield {
    operator: 'negate a condition',
    ...place,
    after: negated ? place.before.slice(negated[0].length) : `not ${place.before}`,
  }
  yield { operator: 'drop an expression', ...place, after: 'true' }
  const other = operator ? swapped[operator.before] : undefined
  if (operator && other !== undefined) yield { operator: 'swap a comparison', ...operator, after: other }
}

function constantEdit(term: JsonObject): Edit | undefined {
  const place = placeOf(term)
  const type = member(term, 'type')
  if (!place) return undefined
  const { before } = place
  const after =
    type === 'string' && /^["`]/.test(before)
      ? before === '""'
        ? '"mutant"'
        : '""'
      : type === 'number' && /^\d+$/.test(before)
        ? String(Number(before) + 1)
        : type === 'boolean' && (before === 'true' || before === 'false')
          ? String(before === 'false')
          : undefined
  return after === undefined ? undefined : { operator: 'change a constant', ...place, after }
}

function placeOf(node: JsonValue): Pick<Edit, 'row' | 'col' | 'before'> | undefined {
  const location = isObject(node) ? member(node, 'location') : undefined
  if (!isObject(location)) return undefined
  const [row, col, text] = [member(location, 'row'), member(location, 'col'), member(location, 'text')]
  if (typeof row !== 'number' || typeof col !== 'number' || typeof text !== 'string') return undefined
  return { row, col, before: Buffer.from(text, 'base64').toString('utf8') }
}

const objectsIn = (value: JsonValue | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? (value as readonly JsonValue[]).filter(isObject) : []

const textMember = (object: JsonObject, name: string): string => {
  const value = member(object, name)
  return typeof value === 'string' ? value : ''
}
