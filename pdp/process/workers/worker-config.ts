import { basename, dirname, join } from 'node:path'
import type { Config } from '../../config/schema.ts'

/**
 * The configuration of one worker. What it writes is its own: its part of the state folder, with its log and what is revoked,
 * its log elsewhere, and files that records are sent to. Health and administration of its own are sockets in that part.
 */
export function workerConfig(config: Config, number: number): Config {
  const part = `worker-${number}`
  const state = join(config.state, part)
  const { audit } = config
  const sinks = Object.entries(audit.sinks).map(([name, sink]) => [
    name,
    sink.type === 'file' ? { ...sink, path: join(dirname(sink.path), part, basename(sink.path)) } : sink,
  ])
  const directoryOf = (whole: string) =>
    whole === join(config.state, 'audit') ? join(state, 'audit') : join(whole, part)
  return {
    ...config,
    state,
    audit: {
      ...audit,
      sinks: Object.fromEntries(sinks),
      ...(audit.directory !== undefined && { directory: directoryOf(audit.directory) }),
    },
    listen: {
      ...config.listen,
      health: `unix:${join(state, 'health.sock')}`,
      admin: `unix:${join(state, 'admin.sock')}`,
    },
  }
}
