import { parseDocument } from 'yaml'
import type { z } from 'zod'
import { checkConfig } from './check-config.ts'
import { didYouMean } from './did-you-mean.ts'
import { type Config, configJsonSchema, configSchema } from './schema.ts'

/** One thing wrong with a configuration: where (`services.orders.peps`), and what to do about it. */
export interface ConfigProblem {
  readonly at: string
  readonly message: string
}

export type ConfigResult =
  | { readonly ok: true; readonly value: Config }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }

/** Reads the text of a configuration file (YAML 1.2, so JSON too). All problems at once. */
export function readConfig(text: string): ConfigResult {
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true })
  const [error] = document.errors
  if (error)
    return { ok: false, problems: [{ at: '', message: `not readable as YAML: ${error.message.split('\n', 1)[0]}` }] }
  return parseConfig(document.toJS({ maxAliasCount: 0 }))
}

/** Checks a configuration given as a value. */
export function parseConfig(value: unknown): ConfigResult {
  const parsed = configSchema.safeParse(value)
  if (!parsed.success) return { ok: false, problems: parsed.error.issues.flatMap((issue) => problemsOf(issue, [])) }
  const problems = checkConfig(parsed.data)
  return problems.length === 0 ? { ok: true, value: parsed.data } : { ok: false, problems }
}

type Path = readonly PropertyKey[]

function problemsOf(issue: z.core.$ZodIssue, base: Path): ConfigProblem[] {
  const path = [...base, ...issue.path]
  if (issue.code === 'invalid_union') {
    // show the branch that fits best: fewest unknown or wrong members
    const [best] = [...issue.errors].sort((a, b) => weight(a) - weight(b))
    return (best ?? []).flatMap((inner) => problemsOf(inner, path))
  }
  if (issue.code !== 'unrecognized_keys') return [{ at: path.map(String).join('.'), message: issue.message }]
  const known = knownMembers(path)
  return issue.keys.map((key) => {
    const meant = didYouMean(key, known)
    return {
      at: [...path, key].map(String).join('.'),
      message: meant ? `unknown key: did you mean \`${meant}\`?` : `unknown key: known here are ${known.join(', ')}`,
    }
  })
}

const weight = (issues: readonly z.core.$ZodIssue[]): number =>
  issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0)

/** Member names that the published schema knows at a path. */
function knownMembers(path: Path): string[] {
  let nodes: readonly SchemaNode[] = [configJsonSchema()]
  for (const step of path) nodes = nodes.flatMap(branches).flatMap((node) => below(node, step))
  return [...new Set(nodes.flatMap(branches).flatMap((node) => Object.keys(node.properties ?? {})))]
}

/** The members of JSON Schema that lead to another schema. */
interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly additionalProperties?: SchemaNode | boolean
  readonly items?: SchemaNode
  readonly anyOf?: readonly SchemaNode[]
}

const branches = (node: SchemaNode): readonly SchemaNode[] => node.anyOf?.flatMap(branches) ?? [node]

function below(node: SchemaNode, step: PropertyKey): readonly SchemaNode[] {
  const next = typeof step === 'number' ? node.items : (node.properties?.[String(step)] ?? node.additionalProperties)
  return typeof next === 'object' ? [next] : []
}
