import { createPrivateKey, type JsonWebKey } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Config } from '../../config/schema.ts'
import { origin } from '../../config/sections/services.ts'
import { type DemoKey, demoKeyOf } from '../demo/demo-key.ts'
import type { DevIssuer, DevWorld } from './dev-world.ts'

/** What others need to call as somebody: where decisions are made, for which services, and the keys. */
export interface DevSession {
  readonly decisions: string
  readonly services: Readonly<Record<string, DevService>>
  readonly world: DevWorld
}

/** `origin`: of the URLs that its proofs are for. `pep`: who may ask about it. */
export interface DevService {
  readonly audience: string
  readonly origin: string
  readonly pep: string
}

/** Where a session is told of, unless `SALLYPORT_DEV` says otherwise. */
export const usualDevFile = '.sallyport/dev.json'

/** The services of a configuration as callers need to know them. */
export const devServices = ({ services }: Config): DevSession['services'] =>
  Object.fromEntries(
    Object.entries(services).map(([name, { audiences, origins, peps }]) => {
      const [audience = ''] = audiences
      const first = (origins ?? audiences).find((each) => origin.safeParse(each).success)
      return [name, { audience, origin: first ?? `https://${name}.example.org`, pep: peps[0] ?? '' }]
    }),
  )

type Stored = Omit<DevSession, 'world'> & {
  readonly issuers: readonly (Omit<DevIssuer, 'key'> & { readonly key: JsonWebKey })[]
  readonly peps: DevWorld['peps']
  readonly client: JsonWebKey
}

const kid = 'dev-1'

/** Writes a session (0600, in a folder that no repository takes in). Its keys are good for this very process alone. */
export async function writeDevFile(file: string, { world, ...session }: DevSession): Promise<void> {
  const stored: Stored = {
    ...session,
    issuers: world.issuers.map(({ key, ...issuer }) => ({ ...issuer, key: jwkOf(key) })),
    peps: world.peps,
    client: jwkOf(world.client),
  }
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(`${dirname(file)}/.gitignore`, '*\n')
  await rm(file, { force: true }) // one that was there may have another mode
  await writeFile(file, `${JSON.stringify(stored)}\n`, { mode: 0o600, flag: 'wx' })
}

/** Reads a session. Throws, for the user, where there is none. */
export async function readDevFile(file: string): Promise<DevSession> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) throw new Error(`${file}: no decision point is in development here: run sallyport dev`)
  const { issuers, peps, client, ...session } = JSON.parse(text) as Stored // as it was written above
  return {
    ...session,
    world: {
      issuers: issuers.map(({ key, ...issuer }) => ({ ...issuer, key: keyOf(key) }) as DevIssuer), // with the members of its kind
      peps,
      client: keyOf(client),
    },
  }
}

const jwkOf = ({ privateKey }: DemoKey): JsonWebKey => privateKey.export({ format: 'jwk' })
const keyOf = (key: JsonWebKey): DemoKey => demoKeyOf(createPrivateKey({ key, format: 'jwk' }), kid)
