import type { ConfigFlags } from '../config-flags.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { type OpenClients, openClients } from './open-clients.ts'

export interface AddClientFlags extends ConfigFlags {
  readonly service: readonly string[]
  readonly scope?: readonly string[]
  readonly range?: readonly string[]
  readonly environment?: string
  readonly expiresAt?: string
  readonly assuranceMax?: string
}

/** `clients add`: registers a client, which has no credential yet. */
export const addClientCommand = (id: string, flags: AddClientFlags, terminal: Terminal): Promise<number> =>
  change(flags, terminal, ({ document }) => {
    if (Object.hasOwn(document.clients, id)) return `client \`${id}\` is registered already`
    const { service, scope = [], range = [], environment, expiresAt, assuranceMax } = flags
    const value = {
      services: service,
      ...(scope.length > 0 && { scopes: scope }),
      ...(range.length > 0 && { ranges: range }),
      ...(environment !== undefined && { environment }),
      ...(expiresAt !== undefined && { expires_at: expiresAt }),
      ...(assuranceMax !== undefined && { assurance_max: Number(assuranceMax) }),
    }
    return {
      edits: [{ at: ['clients', id], value }],
      say: `registered; give it a credential: sallyport keys create ${id}`,
    }
  })

/** `clients disable` and `clients enable`: none of its credentials is taken, until it is enabled again. */
export const setClientCommand = (
  id: string,
  status: 'active' | 'disabled',
  flags: ConfigFlags,
  terminal: Terminal,
): Promise<number> =>
  change(flags, terminal, ({ document }) =>
    Object.hasOwn(document.clients, id)
      ? { edits: [{ at: ['clients', id, 'status'], value: status }], say: `client \`${id}\` is ${status}` }
      : `there is no client \`${id}\``,
  )

export interface ListFlags extends ConfigFlags {
  readonly json?: boolean
}

/** `clients list`: one line for each. */
export async function listClientsCommand(flags: ListFlags, terminal: Terminal): Promise<number> {
  const clients = await openClients(flags, terminal)
  if (!clients) return exitCodes.invalid
  clients.close()
  for (const [id, client] of Object.entries(clients.document.clients)) {
    const { status, services, keys, expires_at: ends } = client
    const serving = keys.filter((key) => key.status === 'active')
    const methods = [...new Set(serving.map(({ method }) => method))].join(', ') || 'no credential'
    const until = ends === undefined ? '' : ` until ${ends}`
    terminal.out(
      flags.json
        ? `${JSON.stringify({ id, status, services, scopes: client.scopes, methods: serving.map(({ method }) => method), ...(ends !== undefined && { expires_at: ends }) })}\n`
        : `${id} ${status}${until} · ${services.join(', ')} · ${methods}\n`,
    )
  }
  return exitCodes.ok
}

/** What a command does to the registry, and says then; or why it does nothing. `out`: told on stdout once it is written. */
export type Change =
  | { readonly edits: Parameters<OpenClients['edit']>[0]; readonly say: string; readonly out?: string }
  | string

/** Opens the registry, changes it, and says what became of it. */
export async function change(
  flags: ConfigFlags,
  terminal: Terminal,
  decide: (clients: OpenClients) => Change | Promise<Change>,
): Promise<number> {
  const clients = await openClients(flags, terminal)
  if (!clients) return exitCodes.invalid
  try {
    const decided = await decide(clients)
    const refusal = typeof decided === 'string' ? decided : await clients.edit(decided.edits)
    if (refusal !== undefined || typeof decided === 'string') {
      terminal.say(refusal ?? 'nothing was changed')
      return exitCodes.failed
    }
    if (decided.out !== undefined) terminal.out(`${decided.out}\n`)
    terminal.say(decided.say)
    terminal.say('in force on every instance within a second or two, and then in its audit log')
    return exitCodes.ok
  } finally {
    clients.close()
  }
}
