import type { JsonLimits } from '../../core/read-json.ts'

/** Bounds of a body of `POST /authorize`; `length` is bounded by the bytes of the body before. */
export const authorizeJsonLimits: JsonLimits = {
  length: 1_048_576,
  depth: 64,
  membersPerObject: 1_000,
  members: 10_000,
  stringLength: 65_536,
}
