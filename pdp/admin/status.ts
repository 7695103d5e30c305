import type { AdminRoute } from './create-server.ts'

/** `GET /v1/status`: how the process is, as any operator may see it. */
export const statusRoute = (status: () => unknown): AdminRoute => ({
  method: 'GET',
  path: '/v1/status',
  handle: async () => ({ status: 200, body: await status() }),
})
