import type { JsonObject, JsonValue } from '../core/json.ts'
import type { Result } from '../core/result.ts'
import type { AdminReply, AdminRequest, AdminRoute } from './create-server.ts'

/** What operators may do to revocations. `acknowledged`: it is durable, and reaches every instance in the stated time. */
export interface RevocationDesk {
  revoke(body: JsonValue | undefined, by: string): Promise<Result<DeskOutcome>>
  lift(body: JsonValue | undefined, by: string): Promise<Result<DeskOutcome>>
  list(after: string, maximum: number): readonly JsonObject[] | Promise<readonly JsonObject[]>
}

export interface DeskOutcome {
  readonly acknowledged: boolean
  readonly json: JsonObject
}

const path = '/v1/revocations'
const pageSize = 1_000

/**
 * `GET /v1/revocations[?after=ID]`: what is revoked, oldest first, a page of 1,000. `POST /v1/revocations` revokes,
 * `POST /v1/revocations/lift` ends every revocation of one target. 200: acknowledged; 202: in force here, and not yet safe
 * or not yet everywhere, as the body says.
 */
export const revocationRoutes = (desk: RevocationDesk): readonly AdminRoute[] => [
  {
    method: 'GET',
    path,
    role: 'audit:read',
    handle: async ({ query }) => {
      const revocations = await desk.list(query.get('after') ?? '', pageSize)
      const last = revocations.length === pageSize ? revocations.at(-1) : undefined
      return { status: 200, body: { revocations, ...(last && { next: last['id'] }) } }
    },
  },
  {
    method: 'POST',
    path,
    role: 'revoke',
    handle: async (request) => replyOf(await desk.revoke(bodyOf(request), request.operator.name)),
  },
  {
    method: 'POST',
    path: `${path}/lift`,
    role: 'unrevoke',
    handle: async (request) => replyOf(await desk.lift(bodyOf(request), request.operator.name)),
  },
]

const bodyOf = ({ body }: AdminRequest): JsonValue | undefined => body as JsonValue | undefined // of a POST: read as JSON

const replyOf = (outcome: Result<DeskOutcome>): AdminReply =>
  outcome.ok ? { status: outcome.value.acknowledged ? 200 : 202, body: outcome.value.json } : { refusal: outcome }
