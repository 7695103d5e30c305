/** A built bundle that the toolchain can ask while it tests. */
export interface ArtefactHost {
  /** Answers one {@link ArtefactQuestion} with one {@link ArtefactAnswer}, both as JSON. Never throws. */
  evaluate(question: string): string
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
 * What the module at the toolchain's option `artefactHost` exports as `openArtefact`: opens an archive. It is loaded
 * into the toolchain's thread, because the toolchain calls back in the middle of a call. Rejects with what is wrong.
 */
export type OpenArtefact = (archive: Uint8Array) => Promise<ArtefactHost>
