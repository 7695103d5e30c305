import type { Builtin } from './builtin.ts'
import { casts } from './casts.ts'
import { diagnostics } from './diagnostics.ts'
import { encoding } from './encoding.ts'
import { globQuoteMeta } from './glob-quote-meta.ts'
import { graphReachablePaths } from './graph-reachable-paths.ts'
import { graphql } from './graphql.ts'
import { jsonMarshalWithOptions } from './json-marshal.ts'
import { jsonPatch } from './json-patch.ts'
import { netCidrContainsMatches } from './net-cidr-contains-matches.ts'
import { netCidrExpand } from './net-cidr-expand.ts'
import { netCidrIsValid } from './net-cidr-is-valid.ts'
import { netCidrMerge } from './net-cidr-merge.ts'
import { numbersRangeStep } from './numbers-range-step.ts'
import { objectSubset } from './object-subset.ts'
import { randIntn } from './rand-intn.ts'
import { regexFindN } from './regex-find-n.ts'
import { regexGlobsMatch } from './regex-globs-match.ts'
import { regexReplace } from './regex-replace.ts'
import { regexSplit } from './regex-split.ts'
import { regexTemplateMatch } from './regex-template-match.ts'
import { semverCompare } from './semver-compare.ts'
import { semverIsValid } from './semver-is-valid.ts'
import { sprintf } from './sprintf.ts'
import { stringsMatch } from './strings-match.ts'
import { stringsParts } from './strings-parts.ts'
import { timeParseRfc3339Ns } from './time-parse-rfc3339.ts'
import { unitsParseBytes } from './units-parse-bytes.ts'
import { unitsParse } from './units-parse.ts'
import { uriIsValid } from './uri-is-valid.ts'
import { uriParse } from './uri-parse.ts'
import { urlQuery } from './url-query.ts'
import { uuid } from './uuid.ts'

/** Every host builtin there is. A bundle that needs another is refused when it is loaded. */
export const builtins: readonly Builtin[] = [
  ...casts,
  ...diagnostics,
  ...encoding,
  globQuoteMeta,
  graphReachablePaths,
  ...graphql,
  jsonMarshalWithOptions,
  jsonPatch,
  netCidrContainsMatches,
  netCidrExpand,
  netCidrIsValid,
  netCidrMerge,
  numbersRangeStep,
  objectSubset,
  randIntn,
  regexFindN,
  regexGlobsMatch,
  regexReplace,
  regexSplit,
  regexTemplateMatch,
  semverCompare,
  semverIsValid,
  sprintf,
  ...stringsMatch,
  ...stringsParts,
  timeParseRfc3339Ns,
  unitsParse,
  unitsParseBytes,
  uriIsValid,
  uriParse,
  ...urlQuery,
  ...uuid,
]
