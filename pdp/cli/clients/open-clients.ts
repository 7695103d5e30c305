import { open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { loadRedisSettings } from '../../compose/load-redis-settings.ts'
import { ownSecretsOf } from '../../compose/own-secret.ts'
import { noClients, readRegistry, registryKeysOf } from '../../compose/registry.ts'
import { type ClientsDocument, readClientsDocument } from '../../config/clients-document.ts'
import { type ClientsEdit, editClients } from '../../config/edit-clients.ts'
import type { Config } from '../../config/schema.ts'
import type { KeyMaking } from '../../identity/registry/make-key.ts'
import { deriveKey } from '../../keys/derive.ts'
import { createRedis } from '../../net/redis.ts'
import { createRedisNames } from '../../net/redis-keys.ts'
import { createSealer } from '../../net/sealer.ts'
import { createSharedDocument } from '../../trust/shared-document.ts'
import { type ConfigFlags, loadFlags, sayProblems } from '../config-flags.ts'
import type { Terminal } from '../terminal.ts'

/** The registry of a configuration, for a command that reads or changes it. `making`: what new credentials are made with. */
export interface OpenClients {
  readonly settings: NonNullable<Config['registry']>
  readonly document: ClientsDocument
  readonly making: KeyMaking
  /** Writes all edits or none. Answers why not, if so. */
  edit(edits: readonly ClientsEdit[]): Promise<string | undefined>
  close(): void
}

/** A place of the registry's text. `write`: why it was not replaced, if so; it must stand there as it was read. */
interface Place {
  readonly text: string
  readonly write: (text: string) => Promise<string | undefined>
  readonly close: () => void
}

/** Opens the registry that the flags' configuration names; undefined, said why, where that is none that can be used. */
export async function openClients(flags: ConfigFlags, terminal: Terminal): Promise<OpenClients | undefined> {
  const loaded = await loadFlags(flags, terminal)
  if (!loaded.ok) {
    sayProblems(loaded.problems, terminal)
    return undefined
  }
  try {
    return await openRegistry(loaded.config, terminal)
  } catch (error) {
    terminal.say(`registry: ${error instanceof Error ? error.message : 'an unknown fault'}`)
    return undefined
  }
}

async function openRegistry(config: Config, terminal: Terminal): Promise<OpenClients> {
  const { registry: settings } = config
  if (!settings) throw new Error('the configuration has none: name one in `registry`')
  const { environment, randomBytes } = terminal
  const secrets = await ownSecretsOf(config, { environment, randomBytes })
  const keys = registryKeysOf(secrets)
  const place =
    settings.from === 'fleet'
      ? await openShared(config, secrets, terminal)
      : await openFile(settings.from.slice('file:'.length))
  const read = readClientsDocument(place.text === '' ? noClients : place.text)
  if (!read.ok) {
    place.close()
    throw new Error(read.message)
  }
  return {
    settings,
    document: read.document,
    making: { ...keys, randomBytes },
    async edit(edits) {
      const text = editClients(place.text, edits)
      const checked = readRegistry(text, keys.seals) // as every instance will
      return checked.ok ? place.write(text) : checked.detail
    },
    close: place.close,
  }
}

async function openFile(path: string): Promise<Place> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return ''
    throw new Error(`${path} cannot be read (${codeOf(error)})`)
  })
  return {
    text,
    async write(next) {
      const staged = `${path}.new` // whoever else changes it holds this name until it is in place
      try {
        await writeFile(staged, next, { flag: 'wx', mode: 0o600, flush: true })
      } catch (error) {
        return codeOf(error) === 'EEXIST'
          ? `another command changes it: try again, or remove ${staged} if none does`
          : `${staged} cannot be written (${codeOf(error)})`
      }
      const now = await readFile(path, 'utf8').catch(() => '')
      if (now !== text) {
        await rm(staged)
        return 'it was changed meanwhile: try again'
      }
      await rename(staged, path)
      const folder = await open(dirname(path), 'r')
      try {
        await folder.sync()
      } finally {
        await folder.close()
      }
      return undefined
    },
    close: () => undefined,
  }
}

const waitMs = 5_000

async function openShared(
  { fleet }: Config,
  [secret, ...before]: Awaited<ReturnType<typeof ownSecretsOf>>,
  { environment, randomBytes }: Terminal,
): Promise<Place> {
  if (!fleet) throw new Error('clients are in the Redis of a fleet, and there is no `fleet`')
  const settings = await loadRedisSettings(fleet, environment)
  const random = () => (randomBytes(1)[0] ?? 0) / 256
  const redis = createRedis({ ...settings, timeoutMs: waitMs }, { random })
  await redis.settled(waitMs)
  const sealer = createSealer([deriveKey(secret, 'redis/v1'), ...before.map((one) => deriveKey(one, 'redis/v1'))])
  const shared = createSharedDocument({ redis, key: createRedisNames(fleet.prefix).clients, sealer })
  const read = await shared.read()
  if (!read.ok) {
    redis.close()
    throw new Error(read.detail)
  }
  return {
    text: read.value.text,
    async write(text) {
      const outcome = await shared.write(text, read.value)
      if (outcome === 'written') return undefined
      return outcome === 'changed'
        ? 'it was changed meanwhile: try again'
        : 'Redis did not answer: look before trying again'
    },
    close: () => redis.close(),
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'
