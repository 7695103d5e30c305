import type { GivenArtefact, RuleCoverage } from '../core/artefact-host.ts'

/** What every verb that reads Rego is given. */
export interface RegoSources {
  /** Rego text by path; errors name these paths. */
  readonly modules: Readonly<Record<string, string>>
  /** The language version; `v1` when absent. */
  readonly regoVersion?: 'v0' | 'v1'
  /** The only functions that the policy may call, by name; operators always may be. Absent: all of this OPA. */
  readonly builtins?: readonly string[]
}

/** How one verb travels: its request as JSON fields, and its value read out of an untrusted answer. */
export interface Verb<Request, Value> {
  readonly name: string
  /** The fields beside `verb`, ready for JSON. */
  write(request: Request): object
  /** The bundle that the call needs beside its request: it is opened where the toolchain can call it back. */
  artefactOf?(request: Request): GivenArtefact | undefined
  /** The value, or undefined when it has not the shape this client knows. `rules`: which the call reached in its bundle. */
  read(value: unknown, rules?: RuleCoverage): Value | undefined
}
