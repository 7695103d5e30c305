import { readFile } from 'node:fs/promises'
import type { ClientsDocument } from '../../config/clients-document.ts'
import type { ClientMethod } from '../../core/client.ts'
import { clientMethods } from '../../core/client.ts'
import { type Instant, instant, plus, readRfc3339, seconds, toRfc3339 } from '../../core/time.ts'
import { type KeyOrder, makeKey } from '../../identity/registry/make-key.ts'
import type { ConfigFlags } from '../config-flags.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { type Change, change, type ListFlags } from './clients.ts'
import { type OpenClients, openClients } from './open-clients.ts'

export interface CreateKeyFlags extends ConfigFlags {
  readonly method: string
  readonly expiresIn: string
  readonly publicKey?: string
  readonly name?: string
  readonly timeUnit?: string
  readonly secretFrom?: string
}

export interface RotateKeyFlags extends ConfigFlags {
  readonly expiresIn: string
  readonly overlap: string
  readonly publicKey?: string
}

type WrittenKey = ClientsDocument['clients'][string]['keys'][number]

const now = (): Instant => instant(Date.now())

/** `keys create`: a new credential for a client; what the client needs is told once, on stdout. */
export function createKeyCommand(id: string, flags: CreateKeyFlags, terminal: Terminal): Promise<number> {
  return change(flags, terminal, async (clients) => {
    const { document } = clients
    const client = document.clients[id]
    const method = clientMethods.find((each) => each === flags.method)
    const length = readLength(flags.expiresIn)
    if (!client) return `there is no client \`${id}\`: sallyport clients add ${id} --service NAME`
    if (!method) return `--method must be one of ${clientMethods.join(', ')}`
    if (length === undefined) return '--expires-in must be a length of time such as 90d or 12h'
    const { publicKey, name, timeUnit, secretFrom } = flags
    const order = {
      method,
      client: id,
      createdAt: now(),
      expiresAt: plus(now(), seconds(length)),
      ...(publicKey !== undefined && { publicKey: await readFile(publicKey, 'utf8') }),
      ...(name !== undefined && { name }),
      ...(timeUnit === 'ms' && { timeUnit }),
      ...(secretFrom !== undefined && { chosen: (await readFile(secretFrom, 'utf8')).replace(/\r?\n$/, '') }),
    } satisfies KeyOrder
    return create(clients, order, client.keys.length)
  })
}

async function create(
  { settings, making }: OpenClients,
  order: KeyOrder,
  at: number,
  before: readonly { readonly at: readonly (string | number)[]; readonly value: unknown }[] = [],
): Promise<Change> {
  if (!settings.methods[order.method as keyof typeof settings.methods])
    return `the configuration takes no such credential: name it in registry.methods`
  const beginning = settings.methods['api-key']
  const made = await makeKey({ ...order, ...(beginning && { beginning }) }, making).catch((error: unknown) =>
    error instanceof Error ? error.message : 'cannot be made',
  )
  if (typeof made === 'string') return made
  return {
    edits: [...before, { at: ['clients', order.client, 'keys', at], value: made.written }],
    say:
      made.given === undefined
        ? `credential ${made.written.id} is registered`
        : saidOnce(order.method, made.written.id),
    ...(made.given !== undefined && { out: made.given }),
  }
}

const saidOnce = (method: ClientMethod, id: string): string =>
  `${method} ${id}: this is not shown again, and the registry does not hold it in plain text`

/** `keys rotate`: a second one beside it; the one before ends once both sides had time to change. */
export function rotateKeyCommand(keyId: string, flags: RotateKeyFlags, terminal: Terminal): Promise<number> {
  return change(flags, terminal, async (clients) => {
    const found = findKey(clients.document, keyId)
    const [length, overlap] = [readLength(flags.expiresIn), readLength(flags.overlap)]
    if (!found) return `there is no credential \`${keyId}\` that serves`
    if (length === undefined || overlap === undefined)
      return '--expires-in and --overlap must be lengths of time such as 90d or 12h'
    const { client, key, index } = found
    const until = plus(now(), seconds(overlap))
    const ends = key.expires_at === undefined ? undefined : readRfc3339(key.expires_at)
    const order: KeyOrder = {
      method: key.method,
      client,
      createdAt: now(),
      expiresAt: plus(now(), seconds(length)),
      ...(flags.publicKey !== undefined && { publicKey: await readFile(flags.publicKey, 'utf8') }),
      ...('name' in key && { name: key.name, timeUnit: key.time_unit }),
    }
    const at = ['clients', client, 'keys', index, 'expires_at']
    const sooner = ends === undefined || until < ends ? [{ at, value: toRfc3339(until) }] : []
    return create(clients, order, clients.document.clients[client]?.keys.length ?? 0, sooner)
  })
}

/** `keys revoke`: it is refused from now on. */
export function revokeKeyCommand(keyId: string, flags: ConfigFlags, terminal: Terminal): Promise<number> {
  return change(flags, terminal, ({ document }) => {
    const found = findKey(document, keyId)
    if (!found) return `there is no credential \`${keyId}\` that serves`
    const at = ['clients', found.client, 'keys', found.index, 'status']
    return { edits: [{ at, value: 'revoked' }], say: `credential ${keyId} of \`${found.client}\` is revoked` }
  })
}

/** `keys list`: one line for each, of one client or of all. Nothing of a secret stands in it. */
export async function listKeysCommand(
  client: string | undefined,
  flags: ListFlags,
  terminal: Terminal,
): Promise<number> {
  const clients = await openClients(flags, terminal)
  if (!clients) return exitCodes.invalid
  clients.close()
  for (const [id, { keys }] of Object.entries(clients.document.clients)) {
    if (client !== undefined && id !== client) continue
    for (const { method, id: keyId, status, created_at, expires_at } of keys) {
      const facts = {
        client: id,
        method,
        id: keyId,
        status,
        created_at,
        ...(expires_at !== undefined && { expires_at }),
      }
      const ends = expires_at === undefined ? '' : ` until ${expires_at}`
      terminal.out(
        flags.json ? `${JSON.stringify(facts)}\n` : `${id} ${method} ${keyId} ${status} since ${created_at}${ends}\n`,
      )
    }
  }
  return exitCodes.ok
}

function findKey({ clients }: ClientsDocument, keyId: string) {
  for (const [client, { keys }] of Object.entries(clients)) {
    const index = keys.findIndex(({ id, status }) => id === keyId && status === 'active')
    const key: WrittenKey | undefined = keys[index]
    if (key) return { client, key, index }
  }
  return undefined
}

const unitSeconds: Readonly<Record<string, number>> = { m: 60, h: 3_600, d: 86_400 }

function readLength(text: string): number | undefined {
  const [, count, unit = ''] = /^([1-9][0-9]{0,5})([mhd])$/.exec(text) ?? []
  return count === undefined ? undefined : Number(count) * (unitSeconds[unit] ?? 0)
}
