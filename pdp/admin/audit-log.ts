import type { AdminFile, AdminRoute } from './create-server.ts'

const prefix = '/audit/'

/**
 * `GET /audit/checkpoint`, `/audit/tile/...`: the log as C2SP tlog-tiles has it, for operators with `audit:read`. `read`
 * answers the file at a path below the prefix; undefined where there is none.
 */
export const auditLogRoute = (read: (path: string) => Promise<AdminFile | undefined>): AdminRoute => ({
  method: 'GET',
  path: prefix,
  role: 'audit:read',
  handle: async ({ path }) => ({ file: await read(path.slice(prefix.length)) }),
})
