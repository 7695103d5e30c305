import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createConcurrencyLimit } from '../../pdp/doors/concurrency-limit.ts'
import { createHttpAuthzServer, type HttpAuthzServerParts } from '../../pdp/doors/http-authz/create-server.ts'
import type { TestDecisionPoint } from './decision-point.ts'
import { testLimits } from './http.ts'

/** A listener for reverse proxies on loopback. */
export interface HttpAuthzListener {
  readonly port: number
  close(): void
}

/** Starts one before a decision point; of Envoy's convention, unless the changes say otherwise. */
export async function startHttpAuthz(
  point: TestDecisionPoint,
  changes: Partial<HttpAuthzServerParts> = {},
): Promise<HttpAuthzListener> {
  const server = createHttpAuthzServer({
    current: () => point,
    listener: 'http_authz',
    convention: 'envoy',
    pathPrefix: '',
    concurrency: createConcurrencyLimit({ maximum: 64, targetMs: 1_000 }),
    limits: testLimits,
    events: { refused: () => undefined, decided: () => undefined },
    certificateOf: async () => undefined,
    now: () => performance.now(),
    ...changes,
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  return { port, close: () => void server.close() }
}
