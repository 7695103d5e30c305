import { canonicalText } from '../core/canonical-bytes.ts'
import { sha256 } from '../core/digest.ts'
import type { JsonValue } from '../core/json.ts'
import type { Config } from './schema.ts'

/** A name for a configuration as it is used, for records and status. It reveals no secret: there is none in it. */
export function configDigest(config: Config): string {
  const plain: unknown = JSON.parse(JSON.stringify(config)) // without the members that are undefined
  return `sha256:${sha256(canonicalText(plain as JsonValue))}` // what JSON.parse gives is JSON
}
