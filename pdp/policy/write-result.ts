import type { JsonObject } from '../core/json.ts'
import type { Answer } from './answer.ts'
import { writeOpaEnvoyResult } from './opa-envoy/write-result.ts'

/** Writes an answer as the result that `readResult` reads, in the dialect of the answer, as this very answer. */
export function writeResult(answer: Answer): JsonObject {
  if (answer.reply) return writeOpaEnvoyResult(answer.allow, answer.reply)
  const { challenge, status, ttl } = answer
  return {
    allow: answer.allow,
    reasons: answer.reasons.map(({ code, message }) => ({ code, message })),
    obligations: answer.obligations.map(({ id, type, properties }) => ({ id, type, properties })),
    request_headers: answer.requestHeaders,
    response_headers: answer.responseHeaders,
    ...(ttl !== undefined && { ttl }),
    ...(status !== undefined && { status }),
    ...(challenge && {
      challenge: {
        ...(challenge.scope !== undefined && { scope: challenge.scope }),
        ...(challenge.acrValues !== undefined && { acr_values: challenge.acrValues }),
      },
    }),
  }
}
