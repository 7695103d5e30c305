import type { JsonValue } from '../../../pdp/core/json.ts'
import type { RegoSources } from '../../../pdp/rego/verb.ts'

/** What OPA's interpreter needs to answer the same question as a module. */
export interface Source extends RegoSources {
  readonly data: Readonly<Record<string, unknown>>
  /** An expression without variables, such as `data.orders.decision`. */
  readonly expression: string
}

/** A module on which engines are compared: one entrypoint of it, and inputs that reach its depths. */
export interface Subject {
  readonly name: string
  readonly wasm: Uint8Array<ArrayBuffer>
  readonly entrypoint: number
  /** JSON text. */
  readonly data: string
  readonly seeds: readonly JsonValue[]
  /** Absent: only engines that run the module can be compared. */
  readonly source?: Source
}
