import { isNumber, isObject, isString } from '../guards.ts'
import type { Block, Operand, Step } from './plan.ts'

export type Json = Readonly<Record<string, unknown>>

/** What statements refer to: the plan's table of texts, and the reader of nested blocks. */
export interface Context {
  readonly text: (index: number) => string | undefined
  readonly block: (json: unknown) => Block
}

/**
 * Reads one statement. The names and fields are those of `v1/ir/ir.go`; operands are `{type, value}`, but the sources of
 * scans, checks and returns are bare numbers.
 */
export function readStatement(type: string, fields: Json, context: Context): Step {
  const read = Object.hasOwn(readers, type) ? readers[type] : undefined
  try {
    return read?.(createFieldReader(fields, context)) ?? unknown
  } catch (error) {
    if (error instanceof FieldError) return unknown
    throw error
  }
}

const unknown: Step = { kind: 'unknown' }
const nothing: Step = { kind: 'blocks', blocks: [] }

const readers: Readonly<Record<string, (of: FieldReader) => Step>> = {
  NopStmt: () => nothing,
  BreakStmt: () => nothing, // whoever follows a block takes all that may have happened in it
  // existence and type were read where the local was made
  IsDefinedStmt: () => nothing,
  IsArrayStmt: () => nothing,
  IsObjectStmt: () => nothing,
  IsSetStmt: () => nothing,
  IsUndefinedStmt: (of) => ({ kind: 'undefined', local: of.local('source') }),
  MakeNullStmt: (of) => ({ kind: 'make', of: 'scalar', target: of.local('target') }),
  MakeNumberIntStmt: (of) => number(String(of.number('value')), of),
  MakeNumberRefStmt: (of) => number(of.text('index'), of),
  AssignIntStmt: (of) => number(String(of.number('value')), of),
  MakeArrayStmt: (of) => ({ kind: 'make', of: 'list', target: of.local('target') }),
  MakeObjectStmt: (of) => ({ kind: 'make', of: 'other', target: of.local('target') }),
  MakeSetStmt: (of) => ({ kind: 'make', of: 'other', target: of.local('target') }),
  AssignVarStmt: (of) => ({ kind: 'assign', source: of.operand('source'), target: of.local('target') }),
  AssignVarOnceStmt: (of) => ({ kind: 'assign-once', source: of.operand('source'), target: of.local('target') }),
  ResetLocalStmt: (of) => ({ kind: 'undefined', local: of.local('target') }),
  DotStmt: (of) => ({ kind: 'dot', source: of.operand('source'), key: of.operand('key'), target: of.local('target') }),
  ScanStmt: (of) => ({
    kind: 'scan',
    source: of.bare('source'),
    key: of.local('key'),
    value: of.local('value'),
    block: of.block('block'),
  }),
  LenStmt: (of) => ({ kind: 'length', source: of.operand('source'), target: of.local('target') }),
  EqualStmt: (of) => ({ kind: 'compare', a: of.operand('a'), b: of.operand('b') }),
  NotEqualStmt: (of) => ({ kind: 'compare', a: of.operand('a'), b: of.operand('b') }),
  ArrayAppendStmt: (of) => ({ kind: 'append', list: of.local('array'), value: of.operand('value') }),
  ObjectInsertStmt: (of) => ({ kind: 'use', operands: [of.bare('object'), of.operand('key'), of.operand('value')] }),
  // inserting once compares the values of one key, and both were used when they were inserted
  ObjectInsertOnceStmt: (of) => ({
    kind: 'use',
    operands: [of.bare('object'), of.operand('key'), of.operand('value')],
  }),
  SetAddStmt: (of) => ({ kind: 'use', operands: [of.bare('set'), of.operand('value')] }),
  ResultSetAddStmt: (of) => ({ kind: 'use', operands: [of.bare('value')] }),
  ObjectMergeStmt: (of) => ({ kind: 'use', operands: [of.bare('a'), of.bare('b')], target: of.local('target') }),
  CallStmt: (of) => ({ kind: 'call', name: of.name('func'), args: of.operands('args'), result: of.local('result') }),
  CallDynamicStmt: (of) => ({
    kind: 'call-dynamic',
    path: of.operands('path'),
    args: of.bares('args'),
    result: of.local('result'),
  }),
  WithStmt: (of) => ({
    kind: 'with',
    local: of.local('local'),
    path: of.texts('path'),
    value: of.operand('value'),
    block: of.block('block'),
  }),
  BlockStmt: (of) => ({ kind: 'blocks', blocks: of.blocks('blocks') }),
  NotStmt: (of) => ({ kind: 'blocks', blocks: [of.block('block')] }),
  ReturnLocalStmt: (of) => ({ kind: 'return', source: of.bare('source') }),
}

const number = (text: string, of: FieldReader): Step => ({
  kind: 'make',
  of: 'scalar',
  ...(/^(?:0|[1-9]\d{0,8})$/.test(text) && { digits: text }),
  target: of.local('target'),
})

class FieldError extends Error {}

type FieldReader = ReturnType<typeof createFieldReader>

/** Reads fields by name and type; throws FieldError for what is of another type. */
function createFieldReader(fields: Json, { text, block }: Context) {
  const must = <T>(value: T | undefined): T => {
    if (value === undefined) throw new FieldError()
    return value
  }
  const integer = (value: unknown): number => must(isNumber(value) ? value : undefined)
  const textAt = (index: unknown): string => must(text(integer(index)))
  const list = (name: string): readonly unknown[] => {
    const value = fields[name] ?? [] // Go writes null for a list without items
    return must(Array.isArray(value) ? (value as readonly unknown[]) : undefined) // any[] otherwise
  }
  const bareOf = (value: unknown): Operand => ({ kind: 'local', local: integer(value) })
  function operandOf(json: unknown): Operand {
    const { type, value } = must(isObject(json) ? json : undefined)
    if (type === 'local') return bareOf(value)
    if (type === 'string_index') return { kind: 'text', text: textAt(value) }
    if (type === 'bool') return { kind: 'boolean' }
    throw new FieldError()
  }
  return {
    number: (name: string) => integer(fields[name]),
    local: (name: string) => integer(fields[name]),
    name: (name: string) => must([fields[name]].find(isString)),
    text: (name: string) => textAt(fields[name]),
    texts: (name: string) => list(name).map(textAt),
    bare: (name: string) => bareOf(fields[name]),
    bares: (name: string) => list(name).map(bareOf),
    operand: (name: string) => operandOf(fields[name]),
    operands: (name: string) => list(name).map(operandOf),
    block: (name: string) => block(fields[name]),
    blocks: (name: string) => list(name).map((json) => block(json)),
  }
}
