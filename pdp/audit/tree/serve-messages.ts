import type { ServedFile } from './serve-tree.ts'
import type { TreePlaces } from './signed-checkpoint.ts'

/** What the thread that serves a log is started with. */
export interface ServeTask {
  readonly places: TreePlaces
}

/** A path that is asked for; nothing beyond record `size` is answered. */
export interface ServeQuestion {
  readonly n: number
  readonly path: string
  readonly size: number
}

/** The answer to question `n`: the file, none, or that it could not be read. */
export interface ServeAnswer {
  readonly n: number
  readonly file?: ServedFile | undefined
  readonly failed?: string
}
