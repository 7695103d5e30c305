import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { untar } from './untar.ts'
import { writeTar } from './write-tar.ts'

export const lastGoodClauses = clauses({ empty: 'bundle-last-good-present' })

/**
 * The bundles that were active last, by name, on disk: the archives as they came, with their signatures, which are
 * checked again by whoever reads them. One file a name, replaced whole.
 */
export interface LastGood {
  keep(name: string, archives: readonly Uint8Array[]): Promise<void>
  /** Undefined where nothing was kept. Refuses (POLICY_ERROR) what is not as `keep` writes it. */
  read(name: string): Promise<Result<readonly Uint8Array[]> | undefined>
}

const limits = { entries: 1_024, entrySize: 268_435_456 }

export function createLastGood(folder: string): LastGood {
  const pathOf = (name: string) => join(folder, `${name}.tar`)
  return {
    async keep(name, archives) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const entries = archives.map((bytes, i) => [`${String(i).padStart(4, '0')}.tar.gz`, bytes] as const)
      const file = await open(`${pathOf(name)}.new`, 'w', 0o600)
      try {
        await file.writeFile(writeTar(entries))
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(`${pathOf(name)}.new`, pathOf(name))
      const directory = await open(folder, 'r')
      try {
        await directory.sync()
      } finally {
        await directory.close()
      }
    },
    async read(name) {
      const bytes = await readFile(pathOf(name)).catch(() => undefined)
      if (!bytes) return undefined
      const entries = untar(bytes, limits)
      if (!entries.ok) return entries
      if (entries.value.size === 0) return refuse('POLICY_ERROR', lastGoodClauses.empty, 'no bundle is in it')
      return ok([...entries.value].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, archive]) => new Uint8Array(archive)))
    },
  }
}
