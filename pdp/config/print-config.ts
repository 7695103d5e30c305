import { stringify } from 'yaml'
import type { LoadedConfig } from './load-config.ts'
import { maskSecrets } from '../core/mask-secrets.ts'

/** The configuration as it is used, every default in place, as YAML that can be read again but for what is masked. */
export const printConfig = ({ config }: LoadedConfig): string => stringify(masked(config), { lineWidth: 0 })

/** One line for each setting: path, value, and who said it: a line of the file, a variable, a flag, or `default`. */
export function printSources({ config, origins }: LoadedConfig): string {
  const lines = leavesOf(masked(config), '').map(([path, value]) => [
    `${path}: ${JSON.stringify(value)}`,
    origins.get(path) ?? 'default',
  ])
  const width = Math.min(60, Math.max(...lines.map(([setting = '']) => setting.length)))
  return lines.map(([setting = '', origin = '']) => `${setting.padEnd(width)}  # ${origin}\n`).join('')
}

function leavesOf(value: unknown, at: string): [string, unknown][] {
  if (value === undefined) return []
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return [[at, value]]
  return Object.entries(value).flatMap(([name, member]) => leavesOf(member, at === '' ? name : `${at}.${name}`))
}

/** The value without anything that might be a secret all the same. */
function masked(value: unknown): unknown {
  if (typeof value === 'string') return maskSecrets(value)
  if (Array.isArray(value)) return value.map(masked)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [name, masked(member)]),
  )
}
