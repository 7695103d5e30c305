import type { TreePlaces } from './signed-checkpoint.ts'
import type { Extent } from './tree-builder.ts'

/** What the thread that builds a tree is started with. `key`: the file of the key that signs. */
export interface TreeTask {
  readonly places: TreePlaces
  readonly key: string
  readonly host: string
  readonly extent: Extent
}

/** What that thread says: of its start, and of each {@link Extent} that it was given. `size` and `note` are of the newest checkpoint. */
export type TreeNews =
  | { readonly kind: 'published'; readonly size: number; readonly note?: string | undefined }
  | { readonly kind: 'failed'; readonly reason: string }
