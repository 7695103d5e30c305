import { join } from 'node:path'
import { readSecret } from '../config/read-secret.ts'
import type { Config } from '../config/schema.ts'
import { makeSecret, type OwnSecret, readFleetSecret, readOrMakeSecret } from '../keys/own-secret.ts'

/** Where secrets and randomness come from. `environment`: where `env:` references lead. */
export interface SecretSurroundings {
  readonly randomBytes: (length: number) => Uint8Array
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/**
 * What the keys of this instance are derived from: the secret of its fleet, or that of its state folder, made at the first
 * start. Where records are in memory alone nothing is written, and the secret ends with the process. Throws, for the operator.
 */
export async function ownSecretOf(
  { fleet, state, audit }: Config,
  { randomBytes, environment = {} }: SecretSurroundings,
): Promise<OwnSecret> {
  if (fleet) return readFleetSecret(await readSecret(fleet.secret, environment))
  return audit.mode === 'memory'
    ? makeSecret(randomBytes)
    : readOrMakeSecret(join(state, 'keys', 'own.secret'), randomBytes)
}
