import type { Advice, Assurance, CheckResult, JsonObject, Obligation, Reason, Reply, Respond, Subject } from './wire.ts'

type Check<T> = (value: unknown) => value is T

const isRecord: Check<JsonObject> = (value): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText: Check<string> = (value): value is string => typeof value === 'string'
const isSomeText: Check<string> = (value): value is string => typeof value === 'string' && value.length > 0
const oneOf =
  <T extends string | number>(...allowed: readonly T[]): Check<T> =>
  (value): value is T =>
    allowed.some((each) => each === value)

const listOf =
  <T>(isItem: Check<T>): Check<readonly T[]> =>
  (value): value is readonly T[] =>
    Array.isArray(value) && value.every(isItem)
const recordOf =
  <T>(isItem: Check<T>): Check<Readonly<Record<string, T>>> =>
  (value): value is Readonly<Record<string, T>> =>
    isRecord(value) && Object.values(value).every(isItem)

/** An object of these members; others beside them are let be. */
const shapeOf =
  <T extends object>(members: { readonly [Name in keyof T]-?: (value: unknown) => boolean }): Check<T> =>
  (value): value is T => {
    if (!isRecord(value)) return false
    for (const name in members) if (!members[name](value[name])) return false
    return true
  }
const optional = (check: (value: unknown) => boolean) => (value: unknown) => value === undefined || check(value)

const isEffect = oneOf('allow', 'deny')
const isCacheUse = optional(oneOf('hit-l1', 'hit-l2', 'miss', 'bypass'))
const isFlag = (value: unknown) => typeof value === 'boolean'
const isSeconds = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0
const isReason = shapeOf<Reason>({ code: isText, message: isText })
const isObligation = shapeOf<Obligation>({ id: isText, type: isSomeText, properties: isRecord })
const isAssurance = shapeOf<Assurance>({
  level: oneOf(0, 1, 2, 3, 4),
  possession: oneOf('none', 'request', 'channel', 'hardware'),
  audience_bound: isFlag,
  single_use: isFlag,
  attested: isFlag,
  lifetime_s: isSeconds,
  age_s: isSeconds,
})
const isSubject = shapeOf<Subject>({ id: isSomeText, methods: listOf(isText), assurance: isAssurance })
const isAdvice = shapeOf<Advice>({ method: isText, next: listOf(isText), message: isText, sunset: optional(isText) })
const isPolicy = shapeOf<NonNullable<Reply['policy']>>({ bundle: isText, revision: isText, digest: isText })
const isStatus = (value: unknown) => Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599
// RFC 9110 §5.1, §5.5: a value that broke the line would be a header of its own
const isFieldName = (name: string) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)
const isFieldValue: Check<string> = (value): value is string => isText(value) && !/[^\t\x20-\x7e\x80-\xff]/.test(value)
const isHeaders = (value: unknown) => recordOf(isFieldValue)(value) && Object.keys(value).every(isFieldName)
const isRespond = shapeOf<Respond>({ status: isStatus, headers: isHeaders })
const isResult = shapeOf<CheckResult>({
  decision: isEffect,
  code: isSomeText,
  reasons: listOf(isReason),
  obligations: listOf(isObligation),
  cache: isCacheUse,
})
const isReply = shapeOf<Reply>({
  decision: isEffect,
  id: isSomeText,
  code: isSomeText,
  reasons: listOf(isReason),
  subject: optional(isSubject),
  attested: optional(recordOf(isText)),
  advice: optional(listOf(isAdvice)),
  obligations: listOf(isObligation),
  reuse_max_age_s: isSeconds,
  policy: optional(isPolicy),
  cache: isCacheUse,
  respond: isRespond,
  results: optional(listOf(isResult)),
  demo: optional(isFlag),
})

/**
 * Reads an answer to so many questions. `undefined` for whatever is none, or does not hold together: an allow under another
 * code than `ALLOWED`, with a status of a deny, or with a question among `results` that is not allowed; a deny where each is. Members beside the
 * known ones are let be: what would narrow an allow comes as an obligation, of which every type has to be known.
 */
export function readReply(value: unknown, questions: number): Reply | undefined {
  if (!isReply(value)) return undefined
  const { decision, code, respond, results } = value
  if (questions > 1 && results?.length !== questions) return undefined
  const allows = decision === 'allow'
  if (allows !== (code === 'ALLOWED') || allows !== respond.status < 400) return undefined
  const agrees = results?.every((each) => (each.decision === 'allow') === (each.code === 'ALLOWED')) ?? true
  if (!agrees || (results && allows !== results.every((each) => each.decision === 'allow'))) return undefined
  return value
}
