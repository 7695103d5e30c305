import type { JsonObject } from '../../core/json.ts'
import { type ExportedLog, lineFormat, product } from './export-format.ts'
import { memberAt, objectsAt, seqOf, textAt, textsAt } from './stored-line.ts'

/**
 * A decision as OPA writes it to its decision log (`EventV1` of `v1/plugins/logs`), for collectors that read those.
 * `input` is what the record has of it; `result` says effect and code. Other kinds of records are no decisions.
 */
export const opaFormat = lineFormat('opa', (record, log) => {
  const event = opaEvent(record, log)
  return event && JSON.stringify(event)
})

/** The event of a decision; undefined for any other record. What a record lacks is no member of the event. */
function opaEvent(record: JsonObject, { origin }: ExportedLog) {
  const kind = textAt(record, 'kind')
  const id = textAt(record, 'id')
  if (kind !== 'decision' || id === undefined) return undefined
  const bundle = textAt(record, 'policy', 'bundle')
  const revision = textAt(record, 'policy', 'revision') ?? ''
  const masked = textsAt(record, 'masked')
  const erased = textsAt(record, 'erased')
  const builtins = objectsAt(record, 'builtins')
  return {
    labels: { app: product.name, log: origin, pep: textAt(record, 'pep') ?? '', door: textAt(record, 'door') ?? '' },
    decision_id: id,
    ...(bundle !== undefined && { bundles: { [bundle]: revision === '' ? {} : { revision } } }),
    path: textAt(record, 'service') ?? '',
    input: {
      subject: memberAt(record, 'subject') ?? null,
      attested: memberAt(record, 'attested') ?? null,
      request: memberAt(record, 'request') ?? null,
      questions: objectsAt(record, 'questions').map(({ action = null, resource = null }) => ({ action, resource })),
    },
    result: {
      allow: textAt(record, 'effect') === 'allow',
      code: textAt(record, 'code') ?? '',
      clause: textAt(record, 'clause') ?? '',
      questions: objectsAt(record, 'questions').map(({ code = null, clause = null, reasons = [] }) => ({
        code,
        clause,
        reasons,
      })),
    },
    ...(builtins.length > 0 && { nd_builtin_cache: ndBuiltinCache(builtins) }),
    ...(erased.length > 0 && { erased }),
    ...(masked.length > 0 && { masked }),
    requested_by: textAt(record, 'pep') ?? '',
    timestamp: goTime(textAt(record, 'ts') ?? ''),
    custom: { seq: seqOf(record), detail: textAt(record, 'detail') ?? '' },
  }
}

/** By builtin, then by its operands as one text, as OPA keeps them; values stay the Rego texts that the record has. */
function ndBuiltinCache(builtins: readonly JsonObject[]) {
  const cache: Record<string, Record<string, string>> = {}
  for (const builtin of builtins) {
    const answer = textAt(builtin, 'answer')
    if (answer === undefined) continue
    const ofName = (cache[textAt(builtin, 'name') ?? ''] ??= {})
    ofName[`[${textsAt(builtin, 'operands').join(',')}]`] = answer
  }
  return cache
}

/** A time as Go writes it (`time.RFC3339Nano`): a fraction without zeros at its end. */
const goTime = (ts: string): string => ts.replace(/(\.[0-9]*?)0+Z$/, '$1Z').replace('.Z', 'Z')
