import { configJsonSchema, type SchemaNode } from './schema.ts'

/** What the published schema knows below a path. */
export interface Members {
  /** Members by name. */
  readonly names: readonly string[]
  /** Whether members have names that the operator chooses. */
  readonly open: boolean
}

/** Says what the published schema knows at a path; nothing where the path leads nowhere. */
export function knownMembers(path: readonly PropertyKey[]): Members {
  let nodes: readonly SchemaNode[] = [configJsonSchema()]
  for (const step of path) nodes = nodes.flatMap(branches).flatMap((node) => below(node, step))
  const ends = nodes.flatMap(branches)
  return {
    names: [...new Set(ends.flatMap((node) => Object.keys(node.properties ?? {})))],
    open: ends.some((node) => typeof node.additionalProperties === 'object'),
  }
}

const branches = (node: SchemaNode): readonly SchemaNode[] => node.anyOf?.flatMap(branches) ?? [node]

function below(node: SchemaNode, step: PropertyKey): readonly SchemaNode[] {
  const name = String(step)
  const known = node.properties && Object.hasOwn(node.properties, name) ? node.properties[name] : undefined
  const next = typeof step === 'number' ? node.items : (known ?? node.additionalProperties)
  return typeof next === 'object' ? [next] : []
}
