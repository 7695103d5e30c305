import type { Config } from '../../../config/schema.ts'

/** A file that a configuration names, and where it does: `fleet.tls.ca`. */
export interface ConfiguredFile {
  readonly at: string
  readonly path: string
  readonly holds: 'secret' | 'certificates' | 'other'
}

const secrets = ['key', 'secret', 'password', 'bearer', 'token', 'client_secret', 'client_key', 'access_key_id']
const certificates = ['cert', 'ca', 'client_ca', 'intermediates', 'certificates']
/** Files of digests of keys: whoever reads them has nothing. */
const digests = /^(?:peps|admin\.tokens)\.[^.]+\.bearer/

/** Every `file:` of a configuration, and the files of bundles. */
export const configuredFiles = (config: Config): readonly ConfiguredFile[] => [
  ...referencesIn(config, 'file:').map(({ at, value }) => ({ at, path: value, holds: holdsOf(at) })),
  ...Object.entries(config.bundles).flatMap(([name, { file }]) =>
    file === undefined ? [] : [{ at: `bundles.${name}.file`, path: file, holds: 'other' as const }],
  ),
]

/** Names of variables that a configuration reads secrets from. */
export const configuredVariables = (config: Config): readonly { readonly at: string; readonly name: string }[] =>
  referencesIn(config, 'env:').map(({ at, value }) => ({ at, name: value }))

function referencesIn(value: unknown, prefix: string, at = ''): readonly { at: string; value: string }[] {
  if (typeof value === 'string') return value.startsWith(prefix) ? [{ at, value: value.slice(prefix.length) }] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) =>
    at === '' && name === 'services' ? [] : referencesIn(member, prefix, at === '' ? name : `${at}.${name}`),
  )
}

function holdsOf(at: string): ConfiguredFile['holds'] {
  const names = at.split('.').filter((name) => !/^\d+$/.test(name))
  const last = names.at(-1) ?? ''
  if (digests.test(at)) return 'other'
  if (secrets.includes(last) || last === 'secret_access_key') return 'secret'
  return certificates.includes(last) ? 'certificates' : 'other'
}
