import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { ConfigInputs } from './load-config.ts'
import { layOver, readEnvironment, readFlags } from './overlay.ts'
import { readAddress } from './read-address.ts'
import { readYaml } from './read-yaml.ts'

const usual = '127.0.0.1:7071' // as in the schema

/**
 * Where the health listener of a configuration is asked from this machine: `127.0.0.1:7071`, `[::1]:7071` or `unix:PATH`.
 * Nothing else of it is judged: a probe needs no secret, and a file that is about to be taken makes nothing unhealthy that
 * runs. An absent `file` is one that says nothing. Throws, for the operator.
 */
export async function readHealthAddress({
  file,
  environment,
  flags,
}: Omit<ConfigInputs, 'file'> & { readonly file?: string | undefined }): Promise<string> {
  const settings = [readEnvironment(environment), readFlags(flags)].flatMap((given) => given.settings)
  const health = memberOf(memberOf(layOver(await contentOf(file), settings), 'listen'), 'health') ?? usual
  const address = typeof health === 'string' ? readAddress(health) : undefined
  if (!address) throw new Error('listen.health: must be ADDRESS:PORT or unix:PATH')
  if (address.kind === 'unix') return `unix:${resolve(file === undefined ? '.' : dirname(file), address.path)}`
  if (address.port === 0) throw new Error('listen.health: is a port that is chosen at the start: name it with --url')
  return `${hostOf(address.host)}:${address.port}`
}

async function contentOf(file: string | undefined): Promise<unknown> {
  if (file === undefined) return {}
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'
    throw new Error(`${file}: cannot be read: ${code}`)
  })
  const read = readYaml(text)
  if (!read.ok) throw new Error(`${file}: ${read.message}`)
  return read.value
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined

/** What listens on every address of a machine is asked on loopback. */
function hostOf(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (/^[0:]+$/.test(host)) return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
