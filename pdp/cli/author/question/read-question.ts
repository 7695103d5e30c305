import { createReadStream } from 'node:fs'
import { unproved } from '../../../core/caller.ts'
import type { DecisionId } from '../../../core/frame.ts'
import { isObject, type JsonObject, type JsonValue, member } from '../../../core/json.ts'
import type { PolicyInput } from '../../../core/policy-input.ts'
import { type Instant, instant, nanosecondDigits } from '../../../core/time.ts'
import type { BuiltinAnswer } from '../../../policy/evaluation-context.ts'
import { policyInputSchema } from '../../../policy/input-schema.ts'
import type { AskedFlags } from './asked-flags.ts'

/**
 * One question to a policy, with all that its answer depends on.
 *
 * - `id`, `now`: of the decision that it was part of; chance follows from them.
 * - `answers`: what builtins answered in it that depends on more than their operands.
 */
export interface PolicyQuestion {
  readonly input: PolicyInput
  readonly id: DecisionId
  readonly now: Instant
  readonly answers: readonly BuiltinAnswer[]
  /** Members that no policy is ever given, as fragments for the author. */
  readonly strange: readonly string[]
}

const maximumLength = 1_048_576
const noDecision = '00000000-0000-7000-8000-000000000000' as DecisionId // a question that no decision asked

/**
 * Reads what is asked: a file (`-`: stdin), or stdin where there are neither file nor flags. Throws, for the author.
 */
export async function readAsked(file: string | undefined, flags: AskedFlags): Promise<JsonObject> {
  const fromFlags = flagNames.some((name) => flags[name] !== undefined)
  return file === undefined && fromFlags ? {} : readDocument(await readText(file), file ?? 'stdin')
}

const flagNames = [
  'service',
  'environment',
  'subject',
  'action',
  'resource',
  'attested',
  'assurance',
  'context',
  'request',
] as const satisfies readonly (keyof AskedFlags)[]

/** The service that a question is about. */
export function serviceOf(document: JsonObject, flags: AskedFlags): string | undefined {
  const service = member(inputOf(document), 'service')
  const name = isObject(service) ? member(service, 'name') : undefined
  return flags.service ?? (typeof name === 'string' ? name : undefined)
}

/**
 * The question of a document: a policy input, or `input` with, of a recorded decision, its `id` and `builtins`; changed by
 * flags. `name` is the service where none is said. A question without a time is asked `now`. Throws, for the author.
 */
export function questionOf(document: JsonObject, flags: AskedFlags, name: string, now: Instant): PolicyQuestion {
  const wrapped = isObject(member(document, 'input'))
  const input = withFlags(inputOf(document), flags, name)
  const digits = timeOf(input) ?? nanosecondDigits(now)
  const id = member(document, 'id')
  return {
    // the policy's document is whatever the author says it is; what no decision could give is named in `strange`
    input: { ...input, time: { now_ns: digits } } as unknown as PolicyInput,
    id: wrapped && typeof id === 'string' ? (id as DecisionId) : noDecision,
    now: instant(Number(BigInt(digits) / 1_000_000n)),
    answers: wrapped ? answersOf(member(document, 'builtins')) : [],
    strange: strangeMembers({ ...input, time: { now_ns: 0 } }),
  }
}

function inputOf(document: JsonObject): JsonObject {
  const wrapped = member(document, 'input')
  return isObject(wrapped) ? wrapped : document
}

async function readText(file: string | undefined): Promise<string> {
  const stream = file === undefined || file === '-' ? process.stdin : createReadStream(file, { end: maximumLength })
  let text = ''
  for await (const chunk of stream.setEncoding('utf8')) {
    text += String(chunk)
    if (text.length > maximumLength) throw new Error(`${file ?? 'stdin'}: is longer than ${maximumLength} characters`)
  }
  return text
}

function readDocument(text: string, name: string): JsonObject {
  const value = parse(text, name)
  if (!isObject(value)) throw new Error(`${name}: must hold a JSON object: a policy input, or one as \`input\``)
  return value
}

/** The time keeps all its digits, as a text: a double could not hold them. */
function parse(text: string, name: string): JsonValue {
  try {
    return JSON.parse(text, (key: string, value: JsonValue, context?: { readonly source?: string }) =>
      key === 'now_ns' && typeof value === 'number' ? (context?.source ?? String(value)) : value,
    ) as JsonValue // JSON.parse answers any
  } catch {
    throw new Error(`${name}: is not JSON`)
  }
}

function timeOf(input: JsonObject): string | undefined {
  const time = member(input, 'time')
  const digits = isObject(time) ? member(time, 'now_ns') : undefined
  if (typeof digits === 'number' && Number.isInteger(digits) && digits >= 0) return BigInt(digits).toString()
  return typeof digits === 'string' && /^\d{1,20}$/.test(digits) ? digits : undefined
}

function answersOf(value: JsonValue | undefined): readonly BuiltinAnswer[] {
  if (!Array.isArray(value)) return []
  return (value as readonly JsonValue[]).flatMap((each): readonly BuiltinAnswer[] => {
    if (!isObject(each)) return []
    const [name, operands, answer] = [member(each, 'name'), member(each, 'operands'), member(each, 'answer')]
    if (typeof name !== 'string' || !Array.isArray(operands)) return []
    const texts = operands.filter((operand): operand is string => typeof operand === 'string')
    return [{ name, operands: texts, ...(typeof answer === 'string' && { answer }) }]
  })
}

function withFlags(given: JsonObject, flags: AskedFlags, name: string): JsonObject {
  const at = (key: string): JsonObject => {
    const value = member(given, key)
    return isObject(value) ? value : {}
  }
  const [type = '', ...id] = (flags.resource ?? '').split('/')
  const subject = subjectOf(member(given, 'subject'), flags)
  return {
    pep: { name: 'cli' },
    attested_sources: {},
    verified: [],
    delegation: [],
    ...given,
    service: {
      name: flags.service ?? name,
      ...at('service'),
      ...(flags.service !== undefined && { name: flags.service }),
      ...(flags.environment !== undefined && { environment: flags.environment }),
    },
    ...(subject && { subject }),
    attested: { ...at('attested'), ...pairsOf(flags.attested, '--attested') },
    ...(flags.action !== undefined && { action: { name: flags.action } }),
    ...(flags.resource !== undefined && { resource: { type, id: id.join('/'), properties: {} } }),
    context: { ...at('context'), ...pairsOf(flags.context, '--context') },
    ...(flags.request !== undefined && { request: requestOf(flags.request) }),
  }
}

function subjectOf(given: JsonValue | undefined, { subject, assurance }: AskedFlags): JsonObject | undefined {
  if (subject === undefined && assurance === undefined) return isObject(given) ? given : undefined
  const before: JsonObject = isObject(given)
    ? given
    : { id: 'cli#caller', issuer: 'cli', methods: [], assurance: { ...unproved } }
  const proved = member(before, 'assurance')
  return {
    ...before,
    ...(subject !== undefined && { id: subject }),
    assurance: { ...(isObject(proved) ? proved : unproved), ...pairsOf(assurance, '--assurance') },
  }
}

function requestOf(text: string): JsonObject {
  const [, method, path] = /^([A-Z]+) (\/\S*)$/.exec(text) ?? []
  if (method === undefined || path === undefined) throw new Error('--request: is not like "GET /v1/orders/42"')
  const [bare = ''] = path.split('?')
  const segments = bare.split('/').slice(1)
  const query = Object.fromEntries(
    [...new URLSearchParams(path.slice(bare.length))].map(([name, value]) => [name, [value]] as const),
  )
  const empty = segments.length === 1 && segments[0] === ''
  return {
    method,
    scheme: 'https',
    host: 'cli.invalid',
    raw_path: path,
    path: bare,
    path_segments: empty ? [] : segments,
    query,
    headers: {},
  }
}

/** `name=value`; numbers and booleans are taken for such. */
function pairsOf(texts: readonly string[] | undefined, flag: string): JsonObject {
  return Object.fromEntries(
    (texts ?? []).map((text) => {
      const at = text.indexOf('=')
      if (at < 1) throw new Error(`${flag}: ${text} is not like name=value`)
      const value = text.slice(at + 1)
      const scalar = flag !== '--attested' && /^(?:true|false|-?\d{1,15})$/.test(value)
      return [text.slice(0, at), scalar ? (JSON.parse(value) as JsonValue) : value]
    }),
  )
}

function strangeMembers(input: JsonObject): readonly string[] {
  const checked = policyInputSchema.safeParse(input)
  if (checked.success) return []
  return checked.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key].join('.')) : [],
  )
}
