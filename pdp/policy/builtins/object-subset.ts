import { compareValues } from '../compare-values.ts'
import { isArrayValue, isObjectValue, isSetValue, type ObjectValue, type Value } from '../value.ts'
import type { Builtin } from './builtin.ts'

/** `object.subset`: whether the second is part of the first, both objects, sets or lists, or a set within a list. */
export const objectSubset: Builtin = {
  name: 'object.subset',
  call(whole, part) {
    if (whole === undefined || part === undefined) return undefined
    if (isArrayValue(whole) && isSetValue(part)) return holdsInTurn(whole, part.items)
    return within(whole, part)
  },
}

/** Undefined where the two are not of one kind. */
function within(whole: Value, part: Value): boolean | undefined {
  if (isObjectValue(whole) && isObjectValue(part)) return holdsEntries(whole, part)
  if (isSetValue(whole) && isSetValue(part)) return part.items.every((item) => contains(whole.items, item))
  if (isArrayValue(whole) && isArrayValue(part)) return holdsRun(whole, part)
  return undefined
}

function holdsEntries(whole: ObjectValue, part: ObjectValue): boolean {
  return part.entries.every(([key, value]) => {
    const entry = whole.entries.find(([name]) => compareValues(name, key) === 0)
    return entry !== undefined && (compareValues(entry[1], value) === 0 || within(entry[1], value) === true)
  })
}

/**
 * OPA's search for a run of items, as it is: after a partial match it goes on one place further but from the start of
 * the run, and so finds every run that there is.
 */
function holdsRun(whole: readonly Value[], part: readonly Value[]): boolean {
  return Array.from({ length: whole.length - part.length + 1 }).some((_, start) =>
    part.every((item, i) => compareValues(whole[start + i] ?? null, item) === 0),
  )
}

/**
 * OPA counts matches instead of marking them: an item that stands twice in the list counts twice, and the empty set is
 * part of any list but the empty one.
 */
function holdsInTurn(whole: readonly Value[], part: readonly Value[]): boolean {
  let unmatched = part.length
  return whole.some((item) => {
    if (contains(part, item)) unmatched--
    return unmatched === 0
  })
}

const contains = (items: readonly Value[], item: Value): boolean =>
  items.some((other) => compareValues(other, item) === 0)
