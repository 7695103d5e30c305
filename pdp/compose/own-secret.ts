import { join } from 'node:path'
import { readSecret } from '../config/read-secret.ts'
import type { Config } from '../config/schema.ts'
import { makeSecret, type OwnSecret, readFleetSecret, readOrMakeSecret } from '../keys/own-secret.ts'

/** Where secrets and randomness come from. `environment`: where `env:` references lead. */
export interface SecretSurroundings {
  readonly randomBytes: (length: number) => Uint8Array
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** The secret in use, then the one before it, whose MACs are still understood while a fleet changes to a new one. */
export type OwnSecrets = readonly [OwnSecret, ...OwnSecret[]]

/**
 * What the keys of this instance are derived from: the secrets of its fleet, or that of its state folder, made at the first
 * start. Where records are in memory alone nothing is written, and the secret ends with the process. Throws, for the operator.
 */
export async function ownSecretsOf(
  { fleet, state, audit }: Config,
  { randomBytes, environment = {} }: SecretSurroundings,
): Promise<OwnSecrets> {
  if (fleet) return readSecrets(fleet.secret, environment)
  return [
    audit.mode === 'memory'
      ? makeSecret(randomBytes)
      : readOrMakeSecret(join(state, 'keys', 'own.secret'), randomBytes),
  ]
}

async function readSecrets(
  references: readonly string[],
  environment: NonNullable<SecretSurroundings['environment']>,
): Promise<OwnSecrets> {
  const [current, ...before] = await Promise.all(
    references.map(async (reference) => readFleetSecret(await readSecret(reference, environment))),
  )
  if (!current) throw new Error('fleet.secret names no secret')
  return [current, ...before]
}
