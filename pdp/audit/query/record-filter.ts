import type { JsonObject } from '../../core/json.ts'
import type { Instant } from '../../core/time.ts'
import { objectsAt, textAt, timeOf } from '../export/stored-line.ts'

/** What records are looked for by, and where it stands in them. A record may have several values for one of them. */
const terms = {
  kind: (record: JsonObject) => [textAt(record, 'kind')],
  id: (record: JsonObject) => [textAt(record, 'id')],
  service: (record: JsonObject) => [textAt(record, 'service')],
  effect: (record: JsonObject) => [textAt(record, 'effect')],
  code: (record: JsonObject) => ofQuestions(record, ['code']),
  clause: (record: JsonObject) => ofQuestions(record, ['clause']),
  subject: (record: JsonObject) => [textAt(record, 'subject', 'id')],
  resource: (record: JsonObject) => ofQuestions(record, ['resource', 'type'], ['resource', 'id']),
} as const satisfies Readonly<Record<string, (record: JsonObject) => readonly (string | undefined)[]>>

export type TermName = keyof typeof terms

/** The names of what records are looked for by. */
export const termNames: readonly TermName[] = [
  'kind',
  'id',
  'service',
  'effect',
  'code',
  'clause',
  'subject',
  'resource',
]

/** What a record must have, all of it: values of terms, and a time from `from` on and before `to`. */
export interface RecordFilter {
  readonly terms: Readonly<Partial<Record<TermName, string>>>
  readonly from?: Instant
  readonly to?: Instant
}

/** The values of a record, by what it is looked for. */
export const termsOf = (record: JsonObject): readonly (readonly [name: TermName, value: string])[] =>
  termNames.flatMap((name) => {
    const values = new Set(terms[name](record).filter((value) => value !== undefined))
    return [...values].map((value) => [name, value] as const)
  })

/** Whether a record is one that is looked for. */
export function matchesFilter(record: JsonObject, filter: RecordFilter): boolean {
  const at = timeOf(record)
  if (filter.from !== undefined && at < filter.from) return false
  if (filter.to !== undefined && at >= filter.to) return false
  return termNames.every((name) => {
    const wanted = filter.terms[name]
    return wanted === undefined || terms[name](record).includes(wanted)
  })
}

/** Texts of the record itself and of its questions; of several paths the texts alone, and all together: `order/42`. */
function ofQuestions(record: JsonObject, ...paths: readonly (readonly string[])[]): readonly (string | undefined)[] {
  return [record, ...objectsAt(record, 'questions')].flatMap((part) => {
    const texts = paths.map((path) => textAt(part, ...path))
    return texts.length > 1 && !texts.includes(undefined) ? [...texts, texts.join('/')] : texts
  })
}
