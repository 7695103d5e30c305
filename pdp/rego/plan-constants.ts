import { isAnything, isObject, isString, listOf } from './guards.ts'

const isList = listOf(isAnything)

/**
 * The texts and numbers that stand in a plan (JSON, as `compile` answers it) as values: what a policy may compare with. Not
 * those that are only names of members. First those that are compared, or given to functions, as they stand.
 */
export function planConstants(plan: unknown): readonly (string | number)[] {
  const texts = isObject(plan) && isObject(plan['static']) ? plan['static']['strings'] : undefined
  const strings = isList(texts) ? texts.map((entry) => (isObject(entry) ? entry['value'] : undefined)) : []
  const compared = new Set<string | number>()
  const others = new Set<string | number>()
  visit(plan, (type, fields) => {
    const found = comparing.has(type) ? compared : others
    for (const [name, operand] of Object.entries(fields)) {
      const isName = name === 'key' && (type === 'DotStmt' || type === 'ObjectInsertStmt')
      for (const each of isName ? [] : isList(operand) ? operand : [operand])
        if (isObject(each) && each['type'] === 'string_index') {
          const text = strings[Number(each['value'])]
          if (isString(text)) found.add(text)
        }
    }
    if (type === 'MakeNumberIntStmt') others.add(Number(fields['value']))
    if (type === 'MakeNumberRefStmt') others.add(Number(strings[Number(fields['Index'])]))
  })
  return [...new Set([...compared, ...others])].filter((value) => isString(value) || Number.isFinite(value))
}

const comparing = new Set(['EqualStmt', 'NotEqualStmt', 'CallStmt', 'SetAddStmt', 'ArrayAppendStmt'])

/** Statements are `{type, stmt}`, wherever they stand. */
function visit(node: unknown, see: (type: string, fields: Readonly<Record<string, unknown>>) => void): void {
  if (isList(node)) for (const each of node) visit(each, see)
  else if (isObject(node)) {
    const { type, stmt } = node
    if (isString(type) && isObject(stmt)) see(type, stmt)
    for (const each of Object.values(node)) visit(each, see)
  }
}
