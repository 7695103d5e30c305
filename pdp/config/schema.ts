import { z } from 'zod'
import { meanings } from './meanings/all.ts'
import { aws } from './sections/aws.ts'
import { bundles } from './sections/bundles.ts'
import { fleet, revocation, workers } from './sections/fleet.ts'
import { envoyExtAuthzGrpc } from './sections/envoy-ext-authz-grpc.ts'
import { admin, extAuthz, httpAuthz, listen, tls } from './sections/listen.ts'
import { audit, limits, policyHeaders, state } from './sections/runtime.ts'
import { registry, sunset } from './sections/registry.ts'
import { peps, services } from './sections/services.ts'
import { log, telemetry } from './sections/telemetry.ts'
import { links, trust } from './sections/trust.ts'

/** The configuration file: one strict schema per section, defaults only here. */
export const configSchema = z.strictObject({
  services,
  peps,
  trust,
  links,
  registry: registry.optional(),
  sunset,
  aws: aws.optional(),
  bundles,
  policy_headers: policyHeaders.prefault({}),
  listen: listen.prefault({}),
  ext_authz: extAuthz.optional(),
  http_authz: httpAuthz.optional(),
  envoy_ext_authz_grpc: envoyExtAuthzGrpc.optional(),
  tls: tls.optional(),
  state,
  audit: audit.prefault({}),
  limits: limits.prefault({}),
  fleet: fleet.optional(),
  workers,
  admin: admin.prefault({}),
  revocation: revocation.prefault({}),
  telemetry: telemetry.prefault({}),
  log: log.prefault({}),
})

/** A configuration that was read and checked, every default in place. */
export type Config = z.output<typeof configSchema>

/** A configuration as it is written: what stands in a file, before defaults. */
export type ConfigInput = z.input<typeof configSchema>

/** The same, published as JSON Schema, with what each setting means. */
export const configJsonSchema = (): SchemaNode =>
  withMeanings(z.toJSONSchema(configSchema, { io: 'input', override: ({ jsonSchema }) => oneOrMore(jsonSchema) }), '')

/** Says of a list that one item may stand for it, where it may. */
function oneOrMore(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema['oneOrMore'] !== true) return
  const { oneOrMore: _, ...list } = schema
  for (const name of Object.keys(schema)) delete schema[name]
  schema.anyOf = [list.items as typeof list, list] // one schema, for all items
}

/** The members of JSON Schema that lead to another schema. */
export interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly additionalProperties?: SchemaNode | boolean
  readonly items?: SchemaNode
  readonly anyOf?: readonly SchemaNode[]
  readonly oneOf?: readonly SchemaNode[]
  readonly [member: string]: unknown
}

/** A schema and all below it, described. `path`: as `meanings` writes it. */
function withMeanings(node: object, path: string): SchemaNode {
  const { properties, additionalProperties, items, anyOf, oneOf, ...rest }: SchemaNode = { ...node }
  const description = meanings[path]
  const at = path === '' ? '' : `${path}.`
  const each = (nodes: readonly SchemaNode[]) => nodes.map((one) => below(one, path))
  return {
    ...rest,
    ...(description !== undefined && { description }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, one]) => [name, withMeanings(one, `${at}${name}`)]),
      ),
    }),
    ...(additionalProperties !== undefined && {
      additionalProperties:
        typeof additionalProperties === 'object' ? withMeanings(additionalProperties, `${at}*`) : additionalProperties,
    }),
    ...(items && { items: withMeanings(items, `${path}[]`) }),
    ...(anyOf && { anyOf: each(anyOf) }),
    ...(oneOf && { oneOf: each(oneOf) }),
  }
}

/** One of several forms: what is said of all of them is not said again. */
const below = (node: SchemaNode, path: string): SchemaNode => {
  const { description: _, ...described } = withMeanings(node, path)
  return described
}
