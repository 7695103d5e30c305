import type { JsonValue } from '../core/json.ts'
import type { LoadedBundle } from './load-bundle.ts'
import { readValue } from './read-value.ts'
import { isArrayValue, isObjectValue, isSetValue, type Value } from './value.ts'
import { valueToJson } from './value-to-json.ts'

/** Entrypoints that say what of a decision is written, by the names that OPA gives them. */
const maskEntrypoint = 'system/log/mask'
const dropEntrypoint = 'system/log/drop'

/** What rules answer about one decision. */
interface LogMaskAnswer {
  readonly rules: readonly JsonValue[]
  readonly drop: boolean
}

/**
 * The rules of a bundle about what is written of decisions (OPA, "Masking Sensitive Data", "Drop Decision Logs").
 * Undefined for a bundle that has neither; its answer is undefined where an evaluation failed or gave something else.
 */
export function createLogMask({
  evaluator,
  maximumInput,
}: Pick<LoadedBundle, 'evaluator' | 'maximumInput'>): ((document: string) => LogMaskAnswer | undefined) | undefined {
  const [mask, drop] = [evaluator.entrypoints.get(maskEntrypoint), evaluator.entrypoints.get(dropEntrypoint)]
  if (mask === undefined && drop === undefined) return undefined

  /** `[]` where the rule is undefined. */
  function rows(entrypoint: number | undefined, document: string): readonly Value[] | undefined {
    if (entrypoint === undefined) return []
    const dumped = evaluator.evaluate(entrypoint, document)
    return dumped.ok ? itemsOf(readValue(dumped.value)) : undefined
  }

  return (document) => {
    if (Buffer.byteLength(document) > maximumInput) return undefined
    const [masks, drops] = [rows(mask, document), rows(drop, document)]
    const [found, dropped] = [masks?.map(resultOf), drops?.map(resultOf)]
    const items = found && (found.length === 0 ? [] : itemsOf(found[0]))
    const rules = items?.map(valueToJson)
    const isDropped = dropped?.[0] ?? false
    if (!rules?.every((rule) => rule !== undefined) || typeof isDropped !== 'boolean' || dropped === undefined)
      return undefined
    return { rules, drop: isDropped }
  }
}

const itemsOf = (value: Value | undefined): readonly Value[] | undefined =>
  isSetValue(value) ? value.items : isArrayValue(value) ? value : undefined

function resultOf(row: Value): Value | undefined {
  const [entry] = isObjectValue(row) && row.entries.length === 1 ? row.entries : []
  return entry?.[0] === 'result' ? entry[1] : undefined
}
