import type { Verdict } from '../../core/draft.ts'
import { type JsonObject, type JsonValue } from '../../core/json.ts'
import { memberAt, objectsAt, seqOf, textAt, textsAt } from '../export/stored-line.ts'

/**
 * How a decision came out otherwise: another effect, or only another code, other reasons or obligations.
 */
export type DifferenceKind = 'allow→deny' | 'deny→allow' | 'code' | 'reasons'

/** A decision that came out otherwise: what it was, and of its first question that did, both answers. */
export interface Difference {
  readonly kind: DifferenceKind
  readonly seq: number
  readonly id: string
  readonly service: string
  readonly subject: string
  readonly action: string
  readonly resource: string
  readonly before: Side
  readonly after: Side
}

/** An answer. `rules`: the codes of the reasons that policy gave. */
interface Side {
  readonly code: string
  readonly rules: readonly string[]
}

const changes = ['masked', 'erased', 'replaced', 'dropped', 'mask_failed'] as const

/** The difference between what a record says and what its questions were answered again; undefined if there is none. */
export function differenceOf(record: JsonObject, verdicts: readonly Verdict[]): Difference | undefined {
  const questions = objectsAt(record, 'questions')
  // where a record was cut or masked, its codes are whole and its texts may not be
  const whole = textsAt(record, 'trunc').length === 0 && !changes.some((name) => memberAt(record, name) !== undefined)
  const i = verdicts.findIndex((verdict, n) => !isSame(questions[n] ?? {}, verdict, whole))
  const verdict = verdicts[i]
  const question = questions[i]
  if (!verdict || !question) return undefined
  const [was, is] = [textAt(record, 'effect') === 'allow', verdicts.every(({ code }) => code === 'ALLOWED')]
  const code = textAt(question, 'code') ?? ''
  const kind = was !== is ? (was ? 'allow→deny' : 'deny→allow') : code === verdict.code ? 'reasons' : 'code'
  const resource = [textAt(question, 'resource', 'type'), textAt(question, 'resource', 'id')]
  return {
    kind,
    seq: seqOf(record),
    id: textAt(record, 'id') ?? '',
    service: textAt(record, 'service') ?? '',
    subject: textAt(record, 'subject', 'id') ?? 'anonymous',
    action: textAt(question, 'action') ?? '',
    resource: resource.filter((part) => part !== undefined).join('/'),
    before: { code, rules: objectsAt(question, 'reasons').map((reason) => textAt(reason, 'code') ?? '') },
    after: { code: verdict.code, rules: verdict.evaluated?.reasons.map((reason) => reason.code) ?? [] },
  }
}

function isSame(question: JsonObject, verdict: Verdict, whole: boolean): boolean {
  if (textAt(question, 'code') !== verdict.code || textAt(question, 'clause') !== verdict.clause) return false
  if (!whole || (question['filled_by'] !== undefined && question['reasons'] === undefined)) return true // told elsewhere
  const { reasons = [], obligations = [] } = verdict.evaluated ?? {}
  return (
    sameText(memberAt(question, 'reasons') ?? [], reasons) &&
    sameText(memberAt(question, 'obligations') ?? [], obligations)
  )
}

/** Both are lists of objects whose members stand in one order: the record's. */
const sameText = (recorded: JsonValue, answered: readonly object[]): boolean =>
  JSON.stringify(recorded) === JSON.stringify(answered.map(inRecordOrder))

function inRecordOrder(item: object): object {
  const { code, message, id, type, properties }: Partial<Record<string, unknown>> = { ...item }
  return { code, message, id, type, properties }
}
