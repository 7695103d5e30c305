import { z } from 'zod'
import { codes } from '../core/codes.ts'
import { authorizeReplySchema } from './authorize/reply-schema.ts'
import { authorizeRequestSchema } from './authorize/read-request.ts'

const problemRows = Object.entries(codes).filter(([, { kind }]) => kind === 'problem')
const problemCodes = problemRows.map(([code]) => code)
const decisionCodes = Object.keys(codes).filter((code) => !problemCodes.includes(code))

/** An answer about the request itself, before any decision (RFC 9457): the one source of its JSON Schema. */
const problemSchema = z
  .strictObject({
    type: z.enum(problemCodes.map((code) => `urn:sallyport:problem:${code}`)),
    title: z.string(),
    status: z.int(),
    code: z.enum(problemCodes),
    detail: z.string(),
    clause: z.string(),
  })
  .meta({ id: 'Problem', description: 'why the request was not decided on (RFC 9457)' })

type Schema = Readonly<Record<string, unknown>>

/** The schemas under `components`, each with the others it needs beside it. */
function componentsOf(): Schema {
  const schemas = [
    z.toJSONSchema(authorizeRequestSchema, { io: 'input', target: 'draft-2020-12' }),
    z.toJSONSchema(authorizeReplySchema, { target: 'draft-2020-12' }),
    z.toJSONSchema(problemSchema, { target: 'draft-2020-12' }),
  ]
  return Object.assign({}, ...schemas.map(({ $defs }) => $defs)) as Schema
}

const to = (name: string) => ({ schema: { $ref: `#/components/schemas/${name}` } })
const header = (description: string, pattern?: string) => ({
  description,
  schema: { type: 'string', ...(pattern !== undefined && { pattern }) },
})

const requestId = { 'X-Request-ID': header('as it was sent') }
const problem = (description: string, headers: Schema = {}) => ({
  description,
  headers: { ...requestId, ...headers },
  content: { 'application/problem+json': to('Problem') },
})
const retryAfter = { 'Retry-After': header('seconds until another try may succeed', '^[0-9]+$') }

/** What comes back besides a decision, by status. */
const problems: Readonly<Record<string, unknown>> = Object.fromEntries(
  [...Map.groupBy(problemRows, ([, { http }]) => http)].map(([status, rows]) => {
    const waits = status === 429 || status === 503
    return [status, problem(rows.map(([code]) => code).join(', '), waits ? retryAfter : {})]
  }),
)

const authorize = (parameters: readonly unknown[], operationId: string) => ({
  post: {
    operationId,
    summary: 'who is calling, and may they do this?',
    description:
      'An allow and a deny are both 200. Ask about `action` and `resource`, about each of `checks`, or about `request` alone.',
    parameters: [
      ...parameters,
      {
        name: 'Idempotency-Key',
        in: 'header',
        description: 'the id of the ask: the same ask under the same id within 5 s is a retry, not a replay',
        schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,128}$' },
      },
      {
        name: 'X-Request-ID',
        in: 'header',
        description: 'comes back if it is of 1 to 128 visible ASCII characters',
        schema: { type: 'string' },
      },
      {
        name: 'Cache-Control',
        in: 'header',
        description:
          '`no-cache`: no earlier answer of policy is taken; `no-store`: this one is not kept; others say nothing here',
        schema: { type: 'string' },
      },
    ],
    requestBody: { required: true, content: { 'application/json': to('AuthorizeRequest') } },
    responses: {
      200: { description: 'a decision', headers: requestId, content: { 'application/json': to('AuthorizeReply') } },
      ...problems,
    },
  },
})

const service = {
  name: 'service',
  in: 'path',
  required: true,
  description: 'the guarded service; may be left out where there is one',
  schema: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,62}$' },
}

/** The description of the decisions listener (OpenAPI 3.1), made of the schemas that requests are read by. */
export const openApi = () => ({
  openapi: '3.1.0',
  info: {
    title: 'Sallyport',
    version: '1',
    summary: 'a policy decision point for workloads',
    description: `Codes of a decision: ${decisionCodes.join(', ')}.`,
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  security: [{ bearer: [] }, { mutualTls: [] }, {}],
  paths: {
    '/authorize': authorize([], 'authorize'),
    '/authorize/{service}': authorize([service], 'authorizeForService'),
  },
  components: {
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer', description: 'the key of the enforcement point' },
      mutualTls: { type: 'mutualTLS', description: 'the SVID of the enforcement point' },
    },
    schemas: componentsOf(),
  },
})
