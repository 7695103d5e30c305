import type { Server } from 'node:http'
import { type AdminRoute, createAdminServer } from '../admin/create-server.ts'
import type { Address } from '../config/read-address.ts'
import type { ListenersParts } from './listeners-parts.ts'

/** Makes the server of administration for where it listens: on a Unix socket its mode decides, over TCP operators are known. */
export function createAdminListener(
  { config, operators, tls }: Pick<ListenersParts, 'config' | 'operators' | 'tls'>,
  address: Address,
  routes: readonly AdminRoute[],
): Server {
  if (address.kind === 'unix') return createAdminServer({ routes })
  const own = address.host.includes(':') ? `[${address.host}]` : address.host
  const loopback = address.loopback ? ['localhost', '127.0.0.1', '[::1]'] : []
  const server = createAdminServer({
    routes,
    operators,
    hosts: [own, ...loopback, ...config.admin.hosts],
    ...(tls && { tls: tls.options }),
  })
  tls?.add(server)
  return server
}
