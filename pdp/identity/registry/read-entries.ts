import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import type { Assurance, Fact } from '../../core/caller.ts'
import type { Client, ClientKey, ClientMethod, KeyMaterial } from '../../core/client.ts'
import { clauses } from '../../core/clause.ts'
import { readIpRange } from '../../core/ip-address.ts'
import type { JsonObject } from '../../core/json.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import { readRfc3339 } from '../../core/time.ts'
import { readJwk } from '../../jose/read-jwk.ts'
import type { Peppers } from './pepper.ts'
import { openSealedSecret } from './sealed-secret.ts'
import type { ClientEntry } from './snapshot.ts'

export const entryClauses = clauses({
  time: 'registry-time',
  range: 'registry-range',
  sealed: 'registry-secret-opens',
  key: 'registry-public-key',
  material: 'registry-key-material',
})

/** A client as it is written in the registry; texts are of the forms that its schema asks for. */
export interface WrittenClient {
  readonly status: Client['status']
  readonly services: readonly string[]
  readonly scopes: readonly string[]
  readonly ranges: readonly string[]
  readonly environment?: string | undefined
  readonly facts: Readonly<Record<string, string>>
  readonly expires_at?: string | undefined
  readonly assurance_max?: Assurance['level'] | undefined
  readonly keys: readonly WrittenKey[]
}

export interface WrittenKey {
  readonly method: ClientMethod
  readonly id: string
  readonly status: ClientKey['status']
  readonly created_at: string
  readonly not_before?: string | undefined
  readonly expires_at?: string | undefined
  readonly name?: string
  readonly time_unit?: 's' | 'ms'
  readonly digest?: string
  readonly sealed?: string
  readonly public_key?: string
}

/**
 * Turns clients as they are written into what verifiers look up. `sealKeys` open the secrets that both sides must have. One
 * that cannot be used refuses all. Errors: TRUST_UNAVAILABLE, naming the client.
 */
export function readEntries(
  clients: Readonly<Record<string, WrittenClient>>,
  sealKeys: Peppers,
): Result<readonly ClientEntry[]> {
  const entries: ClientEntry[] = []
  for (const [id, written] of Object.entries(clients)) {
    const entry = readEntry(id, written, sealKeys)
    if (!entry.ok) return { ...entry, detail: `client \`${id}\`: ${entry.detail}` }
    entries.push(entry.value)
  }
  return ok(entries)
}

function readEntry(id: string, written: WrittenClient, sealKeys: Peppers): Result<ClientEntry> {
  const { status, services, scopes, environment, facts, assurance_max } = written
  const expiresAt = readTime(written.expires_at)
  if (expiresAt === 'wrong') return wrongTime
  const ranges = written.ranges.map(readIpRange)
  if (ranges.includes(undefined)) return broken(entryClauses.range, 'a range is none')
  const keys: ClientKey[] = []
  for (const each of written.keys) {
    const key = readKey(id, each, sealKeys)
    if (!key.ok) return key
    keys.push(key.value)
  }
  const registered: readonly Fact[] = Object.entries({
    ...(environment !== undefined && { environment }),
    ...facts,
  }).map(([name, value]) => ({ name, value, source: 'registry' }))
  return ok({
    client: {
      id,
      status,
      services: new Set(services),
      scopes,
      ranges: ranges.filter((range) => range !== undefined),
      facts: registered,
      ...(expiresAt !== undefined && { expiresAt }),
      ...(assurance_max !== undefined && { ceiling: assurance_max }),
    },
    keys,
  })
}

function readKey(client: string, written: WrittenKey, sealKeys: Peppers): Result<ClientKey> {
  const { id, method, status, name = client } = written
  const [createdAt, notBefore, expiresAt] = [written.created_at, written.not_before, written.expires_at].map(readTime)
  if (createdAt === undefined || createdAt === 'wrong' || notBefore === 'wrong' || expiresAt === 'wrong')
    return wrongTime
  const material = readMaterial(written, sealKeys)
  if (!material.ok) return material
  return ok({
    id,
    method,
    name,
    status,
    createdAt,
    ...(notBefore !== undefined && { notBefore }),
    ...(expiresAt !== undefined && { expiresAt }),
    material: material.value,
  })
}

function readMaterial(written: WrittenKey, sealKeys: Peppers): Result<KeyMaterial> {
  const { digest, sealed, public_key: pem } = written
  if (pem !== undefined) return readPublicKey(pem, written.time_unit ?? 's')
  if (sealed !== undefined) {
    const secret = openSealedSecret(sealKeys, written, sealed)
    const detail = 'secret does not open: it was sealed under another secret of ours, or for another credential'
    return secret ? ok({ form: 'shared', secret }) : broken(entryClauses.sealed, detail)
  }
  const [scheme, ...rest] = digest?.split(':') ?? []
  if (scheme === 'hmac-sha256') return ok({ form: 'digest', digest: Buffer.from(rest[0] ?? '', 'hex') })
  const [logCost, blockSize, parallelization, salt, hash] = rest
  if (scheme !== 'scrypt' || salt === undefined || hash === undefined)
    return broken(entryClauses.material, 'has nothing to be checked with')
  return ok({
    form: 'scrypt',
    cost: 2 ** Number(logCost),
    blockSize: Number(blockSize),
    parallelization: Number(parallelization),
    salt: Buffer.from(salt, 'base64url'),
    hash: Buffer.from(hash, 'base64url'),
  })
}

/** By way of its JWK, which is held to all that keys of issuers are held to. */
function readPublicKey(pem: string, timeUnit: 's' | 'ms'): Result<KeyMaterial> {
  let imported: KeyObject
  try {
    imported = createPublicKey(pem)
  } catch {
    return broken(entryClauses.key, 'public key cannot be read')
  }
  const key = readJwk(imported.export({ format: 'jwk' }) as JsonObject, 'TRUST_UNAVAILABLE') // of strings alone
  if (!key.ok) return key
  const spki = imported.export({ type: 'spki', format: 'der' })
  return ok({ form: 'public', key: key.value, fingerprint: createHash('sha256').update(spki).digest(), timeUnit })
}

const readTime = (text: string | undefined) => (text === undefined ? undefined : (readRfc3339(text) ?? 'wrong'))

const broken = (clause: (typeof entryClauses)[keyof typeof entryClauses], detail: string): Refusal =>
  refuse('TRUST_UNAVAILABLE', clause, detail)

const wrongTime = broken(entryClauses.time, 'a time is none')
