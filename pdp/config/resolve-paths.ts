import { join, resolve } from 'node:path'
import { type Config, configSchema } from './schema.ts'

/**
 * The configuration with every path made absolute, those that follow from `state` too. Relative ones begin at `folder`,
 * wherever the process was started.
 */
export function resolvePaths(config: Config, folder: string): Config {
  const path = (text: string) => resolve(folder, text)
  // every reference of a section; `services` hold none, and an audience may look like one
  const within = (value: unknown): unknown => {
    if (typeof value === 'string') {
      const kind = ['file:', 'unix:'].find((prefix) => value.startsWith(prefix))
      return kind === undefined ? value : `${kind}${path(value.slice(kind.length))}`
    }
    if (Array.isArray(value)) return value.map(within)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, within(member)]))
  }
  const { services, bundles, listen, state: folderOfState, audit, envoy_ext_authz_grpc: opaEnvoy, ...others } = config
  const descriptor = opaEnvoy?.['proto-descriptor']
  const state = path(folderOfState)
  const files = Object.entries(bundles).map(([name, bundle]) => [
    name,
    { ...bundle, ...(bundle.file !== undefined && { file: path(bundle.file) }) },
  ])
  const sinkOf = ([name, sink]: [string, Config['audit']['sinks'][string]]) => [
    name,
    sink.type === 'file' ? { ...sink, path: path(sink.path) } : sink,
  ]
  return configSchema.parse({
    ...Object.fromEntries(Object.entries(others).map(([name, section]) => [name, within(section)])),
    services,
    ...(opaEnvoy && {
      envoy_ext_authz_grpc: {
        ...opaEnvoy,
        ...(descriptor !== undefined && { 'proto-descriptor': path(descriptor) }),
      },
    }),
    bundles: within(Object.fromEntries(files)),
    listen: within({ ...listen, admin: listen.admin ?? `unix:${join(state, 'admin.sock')}` }),
    state,
    audit: {
      ...audit,
      directory: path(audit.directory ?? join(state, 'audit')),
      ...(audit.witnesses && { witnesses: within({ ...audit.witnesses, policy: path(audit.witnesses.policy) }) }),
      sinks: within(Object.fromEntries(Object.entries(audit.sinks).map(sinkOf))),
    },
  })
}
