import { readFile, stat } from 'node:fs/promises'
import type { Config } from '../config/schema.ts'
import { seconds } from '../core/time.ts'
import { type Schedule, timerSchedule } from '../net/schedule.ts'

/** - `looked`: how the files were before they were loaded. - `update`: takes what a file holds now, or why it cannot be read. - `schedule`: a timer; absent: that of the process. */
export interface WatchBundlesParts {
  readonly looked: LookedAt
  readonly bundles: () => Config['bundles']
  readonly update: (name: string, archive: Uint8Array | Error) => Promise<unknown>
  readonly schedule?: Schedule
}

const every = seconds(1)

/** How the files of bundles look; `taken`: what they hold is known. */
export type LookedAt = ReadonlyMap<string, { readonly look: string; readonly taken: boolean }>

export async function lookAtBundles(bundles: Config['bundles']): Promise<LookedAt> {
  const looks = filesOf(bundles).map(async ([name, file]) => [name, { look: await lookOf(file), taken: true }] as const)
  return new Map(await Promise.all(looks))
}

/**
 * Looks at the files of bundles again and again. One that changed is read once it looks the same twice: it may be in the
 * middle of being written. Answers the function that ends it.
 */
export function watchBundles({ looked, bundles, update, schedule = timerSchedule }: WatchBundlesParts): () => void {
  const seen = new Map(looked)
  let ended = false
  let cancel = schedule(every, () => void round())

  async function lookAt(name: string, file: string): Promise<void> {
    const look = await lookOf(file)
    const before = seen.get(name)
    const settled = before?.look === look
    if (settled && before.taken) return
    seen.set(name, { look, taken: settled })
    if (settled) await update(name, await readFile(file).catch((error: unknown) => faultOf(file, error)))
  }

  async function round(): Promise<void> {
    for (const [name, file] of filesOf(bundles())) if (!ended) await lookAt(name, file)
    if (!ended) cancel = schedule(every, () => void round())
  }

  return () => {
    ended = true
    cancel()
  }
}

const filesOf = (bundles: Config['bundles']): readonly (readonly [name: string, file: string])[] =>
  Object.entries(bundles).flatMap(([name, { file }]) => (file === undefined ? [] : [[name, file] as const]))

const lookOf = async (file: string): Promise<string> =>
  stat(file, { bigint: true }).then(
    ({ ino, size, mtimeNs }) => `${file} ${ino} ${size} ${mtimeNs}`,
    () => `${file} absent`,
  )

const faultOf = (file: string, error: unknown): Error =>
  new Error(
    `${file} cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'})`,
  )
