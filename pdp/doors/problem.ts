import type { ProblemCode } from '../core/codes.ts'
import { rowOf } from '../core/codes.ts'
import type { Refusal } from '../core/result.ts'
import { retryAfterOf } from './retry-after.ts'

/** An answer about the request itself, before any decision (RFC 9457). */
export interface Problem {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const headersOf: Partial<Record<ProblemCode, Readonly<Record<string, string>>>> = {
  PEP_UNAUTHENTICATED: { 'www-authenticate': 'Bearer realm="sallyport"' },
}

/** The problem of a refusal before decide. A code that is not a problem's is an internal one. */
export function problemOf(refusal: Pick<Refusal, 'code' | 'detail' | 'clause' | 'challenge'>): Problem {
  const code = isProblem(refusal.code) ? refusal.code : 'REQUEST_MALFORMED'
  const { http, say } = rowOf(code)
  return {
    status: http,
    headers: { 'content-type': 'application/problem+json', ...headersOf[code], ...retryAfterOf(refusal) },
    body: JSON.stringify({
      type: `urn:sallyport:problem:${code}`,
      title: say,
      status: http,
      code,
      detail: refusal.detail,
      clause: refusal.clause,
    }),
  }
}

const isProblem = (code: Refusal['code']): code is ProblemCode => rowOf(code).kind === 'problem'
