import type { Verdict } from '../../core/draft.ts'
import type { DecisionId, Frame } from '../../core/frame.ts'
import type { JsonObject } from '../../core/json.ts'
import { type DialectInput, type EvaluationInput, isDialectInput, type PolicyInput } from '../../core/policy-input.ts'
import type { RecordedBuiltinAnswer } from '../../core/record.ts'
import { instant, nanosecondDigits } from '../../core/time.ts'
import { objectsAt, textAt, textsAt, timeOf } from '../export/stored-line.ts'
import type { AskedQuestion, KeptPayload, SharedInput } from '../payloads/payload.ts'
import { type Difference, differenceOf } from './difference.ts'

/**
 * The policy that decisions are evaluated with again.
 *
 * - `digest`: of its bundle. `pure`: whether the answers of an entrypoint depend on neither time nor chance; undefined for
 *   an entrypoint that it lacks.
 */
export interface ReplayPolicy {
  readonly digest: string
  pure(entrypoint: string): boolean | undefined
  evaluate(question: ReplayedQuestion): Promise<Verdict>
}

/** One question, with all that its answer depends on. `obligations`, `ttlMax`: see {@link KeptPayload}. */
export interface ReplayedQuestion {
  readonly entrypoint: string
  readonly input: EvaluationInput
  readonly frame: Frame
  readonly answers: readonly RecordedBuiltinAnswer[]
  readonly obligations: readonly string[]
  readonly ttlMax: number
}

/** - `records`: decisions, in the order of the log, of which those of `policy` are replayed. `payloads`: as they were kept. */
export interface ReplayOptions {
  readonly records: AsyncIterable<JsonObject>
  readonly payloads: Iterator<KeptPayload>
  readonly policy: ReplayPolicy
  readonly wanted: (record: JsonObject) => boolean
  readonly different: (difference: Difference) => void
}

/**
 * What a replay came to, in decisions.
 *
 * - `replayed`: evaluated again. `sameBundle`: of these, decided by the very bundle they were replayed with.
 * - `different`: of these, with another answer. `beforePolicy`: refused before policy had its say; nothing to replay.
 * - `notReplayable`: why, and how many.
 */
export interface ReplayReport {
  readonly replayed: number
  readonly sameBundle: number
  readonly different: number
  readonly beforePolicy: number
  readonly notReplayable: ReadonlyMap<string, number>
}

/** Why a decision cannot be evaluated again. */
const noReplay = {
  payload: 'no payload is kept of it',
  entrypoint: 'the bundle lacks its entrypoint',
  filler: 'its answer was reused from a decision that is not in what was read of the log',
  answers: 'answers of builtins were cut from its record, or masked',
  questions: 'its payload has other questions than its record',
  altered: 'its payload is not the one that its record names',
  input: 'what was evaluated again is not the text that its record names',
} as const

/** Codes that say that policy gave no answer: not what it would be. */
const outages: ReadonlySet<string> = new Set(['DEADLINE', 'OVERLOADED', 'POLICY_UNAVAILABLE', 'INTERNAL'])
const lostClause = 'policy-evaluation-lost'

/** What a decision gave its evaluation: its id and time, from which chance follows, and what builtins answered. */
interface Given {
  readonly frame: Frame
  readonly answers: readonly RecordedBuiltinAnswer[] | undefined
  /** Digests of the texts that were evaluated in it; undefined where none was, or policy refused. */
  readonly inputs: ReadonlySet<string> | undefined
}

const recordsAhead = 4_096
const keptMs = 3_700_000 // no answer is reused for longer than an hour

/**
 * Evaluates recorded decisions again, each with its own time, chance and answers of builtins, and tells of those that
 * come out otherwise. An answer that was reused is evaluated as in the decision that made it.
 */
export async function replayLog({
  records,
  payloads,
  policy,
  wanted,
  different,
}: ReplayOptions): Promise<ReplayReport> {
  const given = new Map<string, Given>()
  const payloadOf = createLookAhead(payloads)
  const notReplayable = new Map<string, number>()
  let [replayed, sameBundle, differences, beforePolicy] = [0, 0, 0, 0]
  const no = (why: string) => void notReplayable.set(why, (notReplayable.get(why) ?? 0) + 1)

  for await (const { record, own } of remembering(records, given)) {
    if (!wanted(record)) continue
    const questions = objectsAt(record, 'questions')
    if (record['policy'] === undefined) {
      beforePolicy++
      continue
    }
    const outage = questions.find(
      (question) => outages.has(textAt(question, 'code') ?? '') || textAt(question, 'clause') === lostClause,
    )
    if (outage) {
      no(`it was not decided by policy: ${textAt(outage, 'code')}`)
      continue
    }
    const payload = payloadOf(own.frame.id, own.frame.now)
    const asked = payload && questionsOf(record, payload, own, given, policy)
    if (!payload || typeof asked === 'string' || !asked) {
      no(typeof asked === 'string' ? asked : noReplay.payload)
      continue
    }
    const verdicts: Verdict[] = []
    for (const question of asked) verdicts.push(await policy.evaluate(question))
    const same = textAt(record, 'policy', 'digest') === policy.digest
    if (same && !verdicts.every((verdict, i) => isOfRecordedText(verdict, asked[i]))) {
      no(noReplay.input)
      continue
    }
    replayed++
    if (same) sameBundle++
    const difference = differenceOf(record, verdicts)
    if (!difference) continue
    differences++
    different(difference)
  }
  return { replayed, sameBundle, different: differences, beforePolicy, notReplayable }
}

interface Remembered {
  readonly record: JsonObject
  readonly own: Given
}

/**
 * The records, each once what the next ones give is known: whoever waited for the answer of another decision may stand in
 * the log before it.
 */
async function* remembering(records: AsyncIterable<JsonObject>, given: Map<string, Given>): AsyncGenerator<Remembered> {
  const waiting: Remembered[] = []
  for await (const record of records) {
    const own = givenOf(record)
    given.set(own.frame.id, own)
    waiting.push({ record, own })
    const next = waiting.length > recordsAhead ? waiting.shift() : undefined
    if (!next) continue
    for (const [id, { frame }] of given) {
      if (frame.now > next.own.frame.now - keptMs) break
      given.delete(id)
    }
    yield next
  }
  yield* waiting
}

/** The questions of a decision, each as it is to be evaluated; or why they cannot be. */
function questionsOf(
  record: JsonObject,
  payload: KeptPayload,
  own: Given,
  given: ReadonlyMap<string, Given>,
  policy: ReplayPolicy,
): readonly NamedQuestion[] | string {
  const { entrypoint, input, questions, obligations, ttlMax } = payload
  const recorded = objectsAt(record, 'questions')
  const pure = policy.pure(entrypoint)
  if (pure === undefined) return noReplay.entrypoint
  if (recorded.length !== questions.length) return noReplay.questions
  if (payload.sha256 !== textAt(record, 'payload_sha256')) return noReplay.altered
  const replayed: NamedQuestion[] = []
  for (const [i, question] of questions.entries()) {
    const filledBy = textAt(recorded[i], 'filled_by') // on a hit alone
    const filler = filledBy === undefined ? own : given.get(filledBy)
    if (!filler && !pure) return noReplay.filler
    const { frame, answers } = filler ?? own
    if (!answers) return noReplay.answers
    const whole = isDialectInput(input) ? input : wholeInput(input, question, frame)
    replayed.push({
      entrypoint,
      input: whole,
      frame,
      answers,
      obligations,
      ttlMax,
      named: filledBy === undefined ? digestsOf([recorded[i]]) : filler?.inputs,
    })
  }
  return replayed
}

/** The members of an input in the order in which they were evaluated: the very same text is to be evaluated again. */
function wholeInput(
  { context, request, ...before }: Exclude<SharedInput, DialectInput>,
  question: AskedQuestion,
  frame: Frame,
): PolicyInput {
  const time = { now_ns: nanosecondDigits(frame.now) }
  return { ...before, ...question, context, ...(request && { request }), time }
}

/** A question that is evaluated again, and the digests one of which its text must have; undefined where none is known. */
interface NamedQuestion extends ReplayedQuestion {
  readonly named: ReadonlySet<string> | undefined
}

function digestsOf(questions: readonly (JsonObject | undefined)[]): ReadonlySet<string> | undefined {
  const digests = questions.map((question) => textAt(question, 'input_sha256')).filter((digest) => digest !== undefined)
  return digests.length > 0 ? new Set(digests) : undefined
}

/** With the same bundle, the same is read of the input. A refusal of policy does not say what it was evaluated on. */
function isOfRecordedText({ evaluated }: Verdict, question: NamedQuestion | undefined): boolean {
  const { inputSha256 } = evaluated ?? {}
  return inputSha256 === undefined || question?.named === undefined || question.named.has(inputSha256)
}

function givenOf(record: JsonObject): Given {
  const now = timeOf(record)
  const id = (textAt(record, 'id') ?? '') as DecisionId // the log has them as they were made
  const frame = { id, now, deadline: instant(Number.MAX_SAFE_INTEGER) }
  const gone = ['dropped', 'mask_failed'].some((name) => record[name] === true)
  const pointers = ['erased', 'replaced'].flatMap((name) => textsAt(record, name))
  const taken = gone || pointers.some((pointer) => pointer === '/builtins' || pointer.startsWith('/builtins/'))
  const cut = textsAt(record, 'trunc').some((path) => path === 'builtins' || path.startsWith('builtins.'))
  const answers = objectsAt(record, 'builtins').map((builtin): RecordedBuiltinAnswer => {
    const answer = textAt(builtin, 'answer')
    const name = textAt(builtin, 'name') ?? ''
    return { name, operands: textsAt(builtin, 'operands'), ...(answer !== undefined && { answer }) }
  })
  const masked = answers.some(({ operands, answer = '' }) =>
    [...operands, answer].some((text) => text.includes('[masked]')),
  )
  return {
    frame,
    answers: cut || masked || taken ? undefined : answers,
    inputs: digestsOf(objectsAt(record, 'questions')),
  }
}

const aheadMs = 60_000 // how much later a payload may have been kept than its record: twice the longest deadline

/** Finds payloads that stand in about the order of the records, holding those of a minute alone. */
function createLookAhead(payloads: Iterator<KeptPayload>): (id: string, at: number) => KeptPayload | undefined {
  const ahead = new Map<string, KeptPayload>()
  let newest = Number.NEGATIVE_INFINITY
  let ended = false
  return (id, at) => {
    while (!ended && !ahead.has(id) && newest <= at + aheadMs) {
      const next = payloads.next()
      if (next.done === true) ended = true
      else {
        ahead.set(next.value.id, next.value)
        newest = Math.max(newest, next.value.at)
      }
    }
    const found = ahead.get(id)
    ahead.delete(id)
    for (const [other, payload] of ahead) {
      if (payload.at > at - aheadMs) break
      ahead.delete(other)
    }
    return found
  }
}
