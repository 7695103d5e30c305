import { dirname, join, resolve } from 'node:path'
import { objectsAt, readLine, textAt, timeOf } from '../../../audit/export/stored-line.ts'
import { dayOf } from '../../../audit/payloads/day-keys.ts'
import type { KeptPayload } from '../../../audit/payloads/payload.ts'
import { readPayloads } from '../../../audit/payloads/read-payloads.ts'
import { eachRecord, folderSource } from '../../../audit/query/record-source.ts'
import type { Difference } from '../../../audit/replay/difference.ts'
import { type ReplayedQuestion, replayLog } from '../../../audit/replay/replay-log.ts'
import { replayBundle } from '../../../compose/replay-bundle.ts'
import type { JsonObject } from '../../../core/json.ts'
import { isDialectInput } from '../../../core/policy-input.ts'
import type { LoadedBundle } from '../../../policy/load-bundle.ts'
import type { PolicyQuestion } from './read-question.ts'

/**
 * A decision of a log, and what it was evaluated from. `fillers`: the records of those decisions whose answers it reused.
 */
export interface RecordedDecision {
  readonly record: JsonObject
  readonly fillers: readonly JsonObject[]
  readonly payload: KeptPayload
}

/** - `log`: the folder of the log. `decision`: the id. `state`: with payloads and their keys; the log's parent unless said. */
export interface RecordedFlags {
  readonly log?: string
  readonly decision?: string
  readonly state?: string
}

/** Reads a decision out of a log. Throws, for the author, where it is not there or nothing was kept of its input. */
export async function readRecordedDecision(
  log: string,
  decision: string,
  state = dirname(resolve(log)),
): Promise<RecordedDecision> {
  const [record] = await recordsOf(log, new Set([decision]))
  if (!record) throw new Error(`${log}: has no decision ${decision}`)
  if (record['policy'] === undefined)
    throw new Error(
      `${decision}: was refused before policy had its say (${textAt(record, 'code')}); sallyport inspect says why`,
    )
  const payload = payloadOf(record, state)
  if (!payload)
    throw new Error(
      `${decision}: no input is kept of it in ${join(state, 'payloads')} (audit.payloads in its configuration)`,
    )
  const filledBy = objectsAt(record, 'questions').flatMap((question) => textAt(question, 'filled_by') ?? [])
  const fillers = filledBy.length > 0 ? await recordsOf(log, new Set(filledBy)) : []
  return { record, fillers, payload }
}

async function recordsOf(log: string, ids: ReadonlySet<string>): Promise<readonly JsonObject[]> {
  const source = folderSource(log)
  const found: JsonObject[] = []
  try {
    for await (const { line } of eachRecord(source)) {
      const record = readLine(line)
      if (!record || textAt(record, 'kind') !== 'decision' || !ids.has(textAt(record, 'id') ?? '')) continue
      found.push(record)
      if (found.length === ids.size) break
    }
  } finally {
    source.close()
  }
  return found
}

function payloadOf(record: JsonObject, state: string): KeptPayload | undefined {
  const folders = { payloads: join(state, 'payloads'), keys: join(state, 'keys', 'payloads') }
  const day = dayOf(timeOf(record))
  const findings = { erased: new Set<string>(), torn: [], altered: [] }
  for (const payload of readPayloads(folders, { from: day, to: day }, findings))
    if (payload.id === textAt(record, 'id')) return payload
  return undefined
}

/** The questions of a decision, each with the time, chance and answers of builtins that it had. */
export type RecordedQuestions =
  | { readonly same: true; readonly questions: readonly PolicyQuestion[] }
  | { readonly same: false; readonly difference: Difference }

/**
 * Evaluates a decision again on an artefact, and answers its questions where they come out as they were recorded; else how
 * they differ. Throws, for the author, what cannot be evaluated again.
 */
export async function recordedQuestions(
  { record, fillers, payload }: RecordedDecision,
  bundle: LoadedBundle,
): Promise<RecordedQuestions> {
  const policy = replayBundle(bundle)
  const asked: ReplayedQuestion[] = []
  let difference: Difference | undefined
  const report = await replayLog({
    records: inOrder([...fillers, record]),
    payloads: [payload].values(),
    policy: {
      ...policy,
      evaluate(question) {
        asked.push(question)
        return policy.evaluate(question)
      },
    },
    wanted: (one) => one['id'] === record['id'],
    different: (found) => {
      difference = found
    },
  })
  const [why] = report.notReplayable.keys()
  if (why !== undefined) throw new Error(`${textAt(record, 'id')}: cannot be evaluated again: ${why}`)
  if (difference) return { same: false, difference }
  return { same: true, questions: asked.map(questionOf) }
}

async function* inOrder(records: readonly JsonObject[]): AsyncGenerator<JsonObject> {
  yield* records
}

function questionOf({ input, frame: { id, now }, answers }: ReplayedQuestion): PolicyQuestion {
  if (isDialectInput(input)) throw new Error('its input is that of another decision point: only ours are explained')
  return { input, id, now, answers, strange: [] }
}
