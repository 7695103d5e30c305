import { sortValues } from '../compare-values.ts'
import { isArrayValue, isObjectValue, isSetValue, setOf, type Value } from '../value.ts'
import type { Builtin } from './builtin.ts'

/** A value if it is of the type, as OPA's deprecated casts answer. */
const keep = (name: string, is: (value: Value) => boolean): Builtin => ({
  name,
  call: (value) => (value !== undefined && is(value) ? value : undefined),
})

/** `cast_array`, `cast_set`, which turn one into the other, and the casts that only let their own type through. */
export const casts: readonly Builtin[] = [
  {
    name: 'cast_array',
    call: (value) => (isSetValue(value) ? sortValues(value.items) : isArrayValue(value) ? value : undefined),
  },
  {
    name: 'cast_set',
    call: (value) => (isArrayValue(value) ? setOf(...sortValues(value)) : isSetValue(value) ? value : undefined),
  },
  keep('cast_string', (value) => typeof value === 'string'),
  keep('cast_boolean', (value) => typeof value === 'boolean'),
  keep('cast_null', (value) => value === null),
  keep('cast_object', isObjectValue),
]
