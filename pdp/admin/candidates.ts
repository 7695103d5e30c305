import { clauses } from '../core/clause.ts'
import { isObject, type JsonObject, type JsonValue, stringMember } from '../core/json.ts'
import { type Result, refuse } from '../core/result.ts'
import type { AdminRoute } from './create-server.ts'

export const candidateClauses = clauses({ body: 'admin-candidate-body' })

/** What operators may do to the candidate of a bundle, before it is judged by itself. */
export interface CandidateDesk {
  /** Makes it active, or gives it up. Refuses where there is none. */
  settle(bundle: string, act: CandidateAct, reason: string, by: string): Promise<Result<JsonObject>>
}

export type CandidateAct = 'promote' | 'roll-back'

/** `POST /v1/candidates`: `{"bundle": "orders", "act": "promote" | "roll-back", "reason": "…"}`. */
export const candidateRoute = (desk: CandidateDesk): AdminRoute => ({
  method: 'POST',
  path: '/v1/candidates',
  role: 'policy',
  async handle({ body, operator }) {
    const asked = readAct(body as JsonValue | undefined) // of a POST: read as JSON
    if (!asked)
      return {
        refusal: refuse(
          'REQUEST_MALFORMED',
          candidateClauses.body,
          'must name `bundle`, `act` (promote or roll-back) and `reason`, and nothing else',
        ),
      }
    const settled = await desk.settle(asked.bundle, asked.act, asked.reason, operator.name)
    return settled.ok ? { status: 200, body: settled.value } : { refusal: settled }
  },
})

function readAct(body: JsonValue | undefined) {
  if (body === undefined || !isObject(body) || Object.keys(body).length !== 3) return undefined
  const [bundle, act, reason] = [stringMember(body, 'bundle'), stringMember(body, 'act'), stringMember(body, 'reason')]
  const isReason = reason !== undefined && reason.length > 0 && reason.length <= 512
  if (bundle === undefined || (act !== 'promote' && act !== 'roll-back') || !isReason) return undefined
  return { bundle, act, reason } as const
}
