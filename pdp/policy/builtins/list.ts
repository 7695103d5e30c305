import type { Builtin } from './builtin.ts'
import { objectSubset } from './object-subset.ts'
import { sprintf } from './sprintf.ts'
import { stringsAnyPrefixMatch } from './strings-any-prefix-match.ts'
import { timeParseRfc3339Ns } from './time-parse-rfc3339.ts'

/** Every host builtin there is. A bundle that needs another is refused when it is loaded. */
export const builtins: readonly Builtin[] = [objectSubset, sprintf, stringsAnyPrefixMatch, timeParseRfc3339Ns]
