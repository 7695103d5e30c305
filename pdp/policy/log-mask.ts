import { sha256 } from '../core/digest.ts'
import type { Frame } from '../core/frame.ts'
import type { JsonValue } from '../core/json.ts'
import type { IsolatePool } from './isolated/isolate-pool.ts'
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

/** Asks the rules about a decision. `alike`: the same for decisions that rules are expected to take as long for. */
type LogMask = (document: string, alike: string, frame: Frame) => Promise<LogMaskAnswer | undefined>

/** Whether a bundle has rules about what is written of decisions. */
export const hasLogMask = ({ evaluator: { entrypoints } }: Pick<LoadedBundle, 'evaluator'>): boolean =>
  entrypoints.has(maskEntrypoint) || entrypoints.has(dropEntrypoint)

/**
 * The rules of a bundle about what is written of decisions (OPA, "Masking Sensitive Data", "Drop Decision Logs"), evaluated
 * on the threads of a pool, where one that takes too long is stopped. The answer is undefined where an evaluation failed, was
 * stopped, or gave something else.
 */
export function createLogMask(
  { evaluator: { entrypoints }, maximumInput }: Pick<LoadedBundle, 'evaluator' | 'maximumInput'>,
  pool: Pick<IsolatePool, 'evaluate'>,
): LogMask {
  /** `[]` where there is no such rule, or it is undefined. */
  async function rows(name: string, document: string, alike: string, frame: Frame) {
    const entrypoint = entrypoints.get(name)
    if (entrypoint === undefined) return []
    const end = await pool.evaluate({ key: sha256(`${name}\0${alike}`), entrypoint, text: document, frame })
    return end.kind === 'answer' && end.dumped.ok ? itemsOf(readValue(end.dumped.value)) : undefined
  }

  return async (document, alike, frame) => {
    if (Buffer.byteLength(document) > maximumInput) return undefined
    const [masks, drops] = await Promise.all([
      rows(maskEntrypoint, document, alike, frame),
      rows(dropEntrypoint, document, alike, frame),
    ])
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
