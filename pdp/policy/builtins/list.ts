import type { Builtin } from './builtin.ts'
import { globQuoteMeta } from './glob-quote-meta.ts'
import { objectSubset } from './object-subset.ts'
import { regexFindN } from './regex-find-n.ts'
import { regexGlobsMatch } from './regex-globs-match.ts'
import { regexReplace } from './regex-replace.ts'
import { regexSplit } from './regex-split.ts'
import { regexTemplateMatch } from './regex-template-match.ts'
import { sprintf } from './sprintf.ts'
import { stringsAnyPrefixMatch } from './strings-any-prefix-match.ts'
import { timeParseRfc3339Ns } from './time-parse-rfc3339.ts'

/** Every host builtin there is. A bundle that needs another is refused when it is loaded. */
export const builtins: readonly Builtin[] = [
  globQuoteMeta,
  objectSubset,
  regexFindN,
  regexGlobsMatch,
  regexReplace,
  regexSplit,
  regexTemplateMatch,
  sprintf,
  stringsAnyPrefixMatch,
  timeParseRfc3339Ns,
]
