import { awsSignReq } from './aws-sign-req.ts'
import type { Builtin } from './builtin.ts'
import { casts } from './casts.ts'
import { cryptoDigests } from './crypto-digest.ts'
import { cryptoHmacs } from './crypto-hmac.ts'
import { cryptoParsePrivateKeys, cryptoX509ParseRsaPrivateKey } from './crypto-parse-private-keys.ts'
import { cryptoX509ParseCertificateRequest } from './crypto-x509-parse-certificate-request.ts'
import { cryptoX509ParseCertificates } from './crypto-x509-parse-certificates.ts'
import { cryptoX509ParseKeypair } from './crypto-x509-parse-keypair.ts'
import { cryptoX509ParseAndVerify, cryptoX509ParseAndVerifyWithOptions } from './crypto-x509-verify.ts'
import { diagnostics } from './diagnostics.ts'
import { encoding } from './encoding.ts'
import { globQuoteMeta } from './glob-quote-meta.ts'
import { graphReachablePaths } from './graph-reachable-paths.ts'
import { graphql } from './graphql.ts'
import { jsonMarshalWithOptions } from './json-marshal.ts'
import { jsonPatch } from './json-patch.ts'
import { jsonSchema } from './json-schema.ts'
import { jwtDecodeVerify } from './jwt-decode-verify.ts'
import { jwtDecode } from './jwt-decode.ts'
import { jwtEncodeSign, jwtEncodeSignRaw } from './jwt-encode-sign.ts'
import { jwtVerifiers } from './jwt-verify.ts'
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
import { stringsRenderTemplate } from './strings-render-template.ts'
import { timeAddDate } from './time-add-date.ts'
import { timeClock } from './time-clock.ts'
import { timeDate } from './time-date.ts'
import { timeDiff } from './time-diff.ts'
import { timeFormat } from './time-format.ts'
import { timeNowNs } from './time-now-ns.ts'
import { timeParseDurationNs } from './time-parse-duration-ns.ts'
import { timeParseNs } from './time-parse-ns.ts'
import { timeParseRfc3339Ns } from './time-parse-rfc3339.ts'
import { timeWeekday } from './time-weekday.ts'
import { unitsParseBytes } from './units-parse-bytes.ts'
import { unitsParse } from './units-parse.ts'
import { uriIsValid } from './uri-is-valid.ts'
import { uriParse } from './uri-parse.ts'
import { urlQuery } from './url-query.ts'
import { uuid } from './uuid.ts'
import { yaml } from './yaml.ts'

/** Every host builtin there is. A bundle that needs another is refused when it is loaded. */
export const builtins: readonly Builtin[] = [
  awsSignReq,
  ...casts,
  ...cryptoDigests,
  ...cryptoHmacs,
  cryptoParsePrivateKeys,
  cryptoX509ParseAndVerify,
  cryptoX509ParseAndVerifyWithOptions,
  cryptoX509ParseCertificateRequest,
  cryptoX509ParseCertificates,
  cryptoX509ParseKeypair,
  cryptoX509ParseRsaPrivateKey,
  ...diagnostics,
  ...encoding,
  globQuoteMeta,
  graphReachablePaths,
  ...graphql,
  jsonMarshalWithOptions,
  jsonPatch,
  ...jsonSchema,
  jwtDecode,
  jwtDecodeVerify,
  jwtEncodeSign,
  jwtEncodeSignRaw,
  ...jwtVerifiers,
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
  stringsRenderTemplate,
  timeAddDate,
  timeClock,
  timeDate,
  timeDiff,
  timeFormat,
  timeNowNs,
  timeParseDurationNs,
  timeParseNs,
  timeParseRfc3339Ns,
  timeWeekday,
  unitsParse,
  unitsParseBytes,
  uriIsValid,
  uriParse,
  ...urlQuery,
  ...uuid,
  ...yaml,
]
