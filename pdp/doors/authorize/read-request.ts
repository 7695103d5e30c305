import { z } from 'zod'
import type { Ask, Evidence, Question } from '../../core/ask.ts'
import { type Clause, clauses } from '../../core/clause.ts'
import type { JsonObject, JsonValue } from '../../core/json.ts'
import { readIpAddress } from '../../core/ip-address.ts'
import { type RequestFacts, readRequestFacts } from '../../core/request-facts.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import type { Service } from '../../core/service.ts'
import type { ReadonlyAll } from './reply-schema.ts'
import { readHeaders, type SplitHeaders } from '../read-headers.ts'

export const authorizeRequestClauses = clauses({
  shape: 'authorize-request-shape',
  question: 'authorize-question-present',
  oneQuestionForm: 'authorize-one-question-form',
  evidenceOnce: 'authorize-evidence-in-one-place',
})

const text = z.string().min(1).max(2048)
// the body was read as JSON before: what stands below is JSON already, and is not walked again
const document = z.record(z.string(), z.unknown())

const action = z.strictObject({ name: text, properties: document.optional() })
const resource = z.strictObject({ type: text, id: text, properties: document.optional() })

/** The body of `POST /authorize`: the one source of its JSON Schema. */
export const authorizeRequestSchema = z
  .strictObject({
    request: z
      .strictObject({
        method: z.string(),
        url: z.string(),
        headers: z.record(z.string(), z.union([z.string(), z.array(z.string()).min(1).max(64)])).optional(),
        certificate: z.string().min(1).max(65_536).optional(),
        source_address: z
          .string()
          .max(64)
          .refine((text) => readIpAddress(text) !== undefined)
          .optional(),
        body_digest: z.string().min(1).max(512).optional(),
      })
      .optional(),
    credentials: z
      .array(z.strictObject({ type: text, token: z.string().min(1).max(16_384) }))
      .min(1)
      .max(16)
      .optional(),
    action: action.optional(),
    resource: resource.optional(),
    checks: z.array(z.strictObject({ action, resource })).min(1).max(100).optional(),
    context: document.optional(),
  })
  .meta({ id: 'AuthorizeRequest', description: 'an ask of an enforcement point' })

/** The same, as a value; lists and objects are not written to. */
export type AuthorizeBody = ReadonlyAll<z.input<typeof authorizeRequestSchema>>

/** What an ask is made of, apart from who asks and for which service. */
export type AskBody = Pick<Ask, 'evidence' | 'questions' | 'context' | 'request' | 'trace'>

type Parsed = z.output<typeof authorizeRequestSchema>

/** Reads the body of `POST /authorize`. A refusal is REQUEST_MALFORMED and names the place by its JSON Pointer. */
export function readAuthorizeRequest(body: JsonValue, { coveredHeaders }: Service): Result<AskBody> {
  const parsed = authorizeRequestSchema.safeParse(body)
  if (!parsed.success) return shapeRefusal(parsed.error.issues[0])
  const { data } = parsed
  const questions = questionsOf(data)
  if (!questions.ok) return questions
  const headers = readHeaders(Object.entries(data.request?.headers ?? {}), coveredHeaders)
  if (!headers.ok) return headers
  const evidence = evidenceOf(data, headers.value)
  if (!evidence.ok) return evidence
  const request = data.request && readRequestFacts(data.request.method, data.request.url, headers.value.visible)
  if (request?.ok === false) return request
  return ok({
    evidence: evidence.value,
    questions: questions.value,
    context: (data.context ?? {}) as JsonObject, // JSON, as above
    ...(request && { request: withBodyDigest(request.value, data.request?.body_digest) }),
    ...(headers.value.trace && { trace: headers.value.trace }),
  })
}

const withBodyDigest = (request: RequestFacts, bodyDigest: string | undefined): RequestFacts =>
  bodyDigest === undefined ? request : { ...request, bodyDigest }

const malformed = (clause: Clause, detail: string): Refusal => refuse('REQUEST_MALFORMED', clause, detail)

function shapeRefusal(issue: z.core.$ZodIssue | undefined): Refusal {
  const at = JSON.stringify(`/${(issue?.path ?? []).map(String).join('/')}`.slice(0, 80))
  // zod's own messages may quote what was sent, so only the kind of fault is told
  const what =
    issue?.code === 'unrecognized_keys'
      ? `a member unknown there: ${issue.keys.length}`
      : (issue?.code ?? 'invalid').replaceAll('_', ' ')
  return malformed(authorizeRequestClauses.shape, `${what} at ${at}`)
}

function questionsOf({ action, resource, checks, request }: Parsed): Result<readonly [Question, ...Question[]]> {
  const single = action !== undefined || resource !== undefined
  if (single && checks)
    return malformed(authorizeRequestClauses.oneQuestionForm, 'send action and resource, or checks, not both')
  if (single && (!action || !resource)) {
    return malformed(authorizeRequestClauses.question, 'action and resource go together: send both or neither')
  }
  if (checks) return ok(checks.map((check) => questionOf(check)) as [Question, ...Question[]]) // at least one, by the schema
  if (action && resource) return ok([questionOf({ action, resource })])
  return request
    ? ok([{}])
    : malformed(authorizeRequestClauses.question, 'send action and resource, checks, or request')
}

/** A question as it was read: its members are JSON, for the whole body is. */
function questionOf({ action, resource }: Pick<Parsed, 'action' | 'resource'>): Question {
  return { ...(action && { action: action as JsonObject }), ...(resource && { resource: resource as JsonObject }) }
}

function evidenceOf({ request, credentials = [] }: Parsed, split: SplitHeaders): Result<Evidence> {
  const { evidence: headers, covered } = split
  const certificate = request?.certificate
  const sourceAddress = request?.source_address === undefined ? undefined : readIpAddress(request.source_address)
  if (credentials.length > 0 && (headers.size > 0 || certificate !== undefined)) {
    return malformed(
      authorizeRequestClauses.evidenceOnce,
      'evidence stands in request and in credentials: send it in one',
    )
  }
  return ok({
    headers,
    credentials,
    ...(certificate !== undefined && { certificate }),
    ...(sourceAddress && { sourceAddress }),
    ...(covered.size > 0 && { covered }),
  })
}
