/** A built bundle that the toolchain can ask while it tests. */
export interface ArtefactHost {
  /** Answers one {@link ArtefactQuestion} with one {@link ArtefactAnswer}, both as JSON. Never throws. */
  evaluate(question: string): string
  /** Which rules of the module the questions so far called; present where that was asked for and can be told. */
  rules?(): RuleCoverage
}

/** Rules of a module by path, `data.orders.decision`, in the order in which the module has them. */
export interface RuleCoverage {
  readonly called: readonly string[]
  readonly notCalled: readonly string[]
}

/** A bundle that is to be asked, and whether to find out which of its rules are called. */
export interface GivenArtefact {
  readonly archive: Uint8Array
  readonly coverage: boolean
}

/** One evaluation of an entrypoint. Values are Rego texts; an empty `input` is undefined. */
export interface ArtefactQuestion {
  readonly entrypoint: string
  readonly input: string
  /** Values in place of base documents, each at a path of names. */
  readonly overrides: readonly { readonly path: readonly string[]; readonly value: string }[]
  /** What host builtins answer in place of their own, by name. */
  readonly mocks: Readonly<Record<string, string>>
  /** The time, in decimal: nanoseconds since 1970. */
  readonly nowNs: string
}

/** The dumped result set, or why there is none. `varies`: the module asked for something random. */
export interface ArtefactAnswer {
  readonly text?: string
  readonly error?: string
  readonly varies?: boolean
}

/**
 * What the module at the toolchain's option `artefactHost` exports as `openArtefact`: opens a bundle. It is loaded
 * into the toolchain's thread, because the toolchain calls back in the middle of a call. Rejects with what is wrong.
 */
export type OpenArtefact = (artefact: GivenArtefact) => Promise<ArtefactHost>
