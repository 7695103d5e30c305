import { isNumber, isObject, isString, listOf, maybe, shapeOf } from '../guards.ts'
import { type Context, type Json, readStatement } from './read-statement.ts'
import type { Block, Plan, PlannedFunction } from './plan.ts'

interface Wire {
  readonly static: Json
  readonly plans: Json
  readonly funcs: Json | undefined
}

const isWire = shapeOf<Wire>({ static: isObject, plans: isObject, funcs: maybe(isObject) })
const isStrings = listOf(shapeOf<{ value: string }>({ value: isString }))
const isBlocks = listOf(isObject)
const isStatements = listOf(shapeOf<{ type: string; stmt: Json }>({ type: isString, stmt: isObject }))
const isPlans = listOf(shapeOf<{ name: string; blocks: readonly Json[] }>({ name: isString, blocks: isBlocks }))
const isFunctions = listOf(
  shapeOf<{ name: string; params: readonly number[]; blocks: readonly Json[]; path: readonly string[] | undefined }>({
    name: isString,
    params: listOf(isNumber),
    blocks: isBlocks,
    path: maybe(listOf(isString)),
  }),
)

/**
 * Reads the JSON of a plan. Undefined if it is none. A statement that is not known becomes an `unknown` step, since it
 * spoils only the entrypoints that reach it.
 */
export function readPlan(json: unknown): Plan | undefined {
  if (!isWire(json)) return undefined
  const strings = json.static['strings'] ?? []
  const plans = json.plans['plans']
  const functions = json.funcs?.['funcs'] ?? []
  if (!isStrings(strings) || !isPlans(plans) || !isFunctions(functions)) return undefined
  const context: Context = { text: (index) => strings[index]?.value, block: (block) => readBlock(block, context) }
  const blocksOf = (blocks: readonly Json[]): readonly Block[] => blocks.map(context.block)
  return {
    entrypoints: new Map(plans.map(({ name, blocks }) => [name, blocksOf(blocks)])),
    functions: new Map(
      functions.map(({ name, params, blocks, path }): [string, PlannedFunction] => [
        name,
        { params, blocks: blocksOf(blocks), ...(path && { path }) },
      ]),
    ),
  }
}

function readBlock(block: unknown, context: Context): Block {
  const statements = isObject(block) ? (block['stmts'] ?? []) : undefined
  if (!isStatements(statements)) return [{ kind: 'unknown' }]
  return statements.map(({ type, stmt }) => readStatement(type, stmt, context))
}
